//! Starting positions and commits.

use std::time::Duration;

use tidings_mapping::MappingEvent;
use tidings_trigger::{Mapping, StartingPosition};

use crate::bench::{Bench, Reply, spec, whole_batches_of, within};

fn latest() -> Mapping {
    Mapping { starting_position: StartingPosition::Latest, ..spec() }
}

#[tokio::test]
async fn trim_horizon_starts_at_the_oldest_record() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    bench.publish(0, "before").await;
    let mapping = bench.start(&spec());
    assert_eq!(bench.invoked().await, [(0, 0)]);
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn latest_starts_at_the_end() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    bench.publish(0, "before").await;
    let mapping = bench.start(&latest());
    bench.event(|event| matches!(event, MappingEvent::Assigned(_))).await;
    bench.publish(0, "after").await;
    assert_eq!(bench.invoked().await, [(0, 1)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn committed_offsets_take_precedence_over_every_starting_position() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    for value in ["a", "b", "c"] {
        bench.publish(0, value).await;
    }
    for (group, starting_position) in
        [("oldest", StartingPosition::TrimHorizon), ("end", StartingPosition::Latest)]
    {
        bench.commit(group, 0, 1);
        let consumer_group_id = group.to_owned();
        let mapping = bench.start(&Mapping { starting_position, consumer_group_id, ..whole_batches_of(2) });
        assert_eq!(bench.invoked().await, [(0, 1), (0, 2)]);
        within(mapping.settled()).await.unwrap();
        bench.no_more_invocations();
    }
}

#[tokio::test]
async fn nothing_is_committed_before_the_function_succeeds() {
    let mut bench = Bench::new(1, [Reply::error(), Reply::Held]).await;
    bench.publish(0, "a").await;
    let mapping = bench.start(&spec());
    for attempt in 0..2 {
        assert_eq!(bench.invoked().await, [(0, 0)]);
        // The starting position is committed, but not the record in flight.
        assert!(bench.committed("group", 0).unwrap_or(0) == 0, "attempt {attempt}");
    }
    bench.release(1);
    bench.event(|event| *event == MappingEvent::Committed { partition: 0, offset: 1 }).await;
    assert_eq!(bench.committed("group", 0), Some(1));
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn a_commit_never_passes_an_unsettled_record() {
    let mut bench = Bench::new(2, [Reply::failures(&[(0, 1)]), Reply::Held]).await;
    for (partition, value) in [(0, "a"), (0, "b"), (0, "c"), (1, "d")] {
        bench.publish(partition, value).await;
    }
    let mapping = bench.start(&whole_batches_of(4));
    assert_eq!(bench.invoked().await.len(), 4);
    assert_eq!(bench.invoked().await, [(0, 1)]);
    bench.event(|event| *event == MappingEvent::Committed { partition: 0, offset: 1 }).await;
    assert_eq!((bench.committed("group", 0), bench.committed("group", 1)), (Some(1), Some(1)));
    bench.release(1);
    bench.event(|event| *event == MappingEvent::Committed { partition: 0, offset: 3 }).await;
    assert_eq!(bench.committed("group", 0), Some(3));
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn a_restart_resumes_from_what_was_committed() {
    let mut bench = Bench::new(1, [Reply::ok(), Reply::failures(&[(0, 1)]), Reply::Hang, Reply::ok()]).await;
    bench.publish(0, "a").await;
    let mapping = bench.start(&spec());
    assert_eq!(bench.invoked().await, [(0, 0)]);
    within(mapping.settled()).await.unwrap();
    bench.publish(0, "b").await;
    assert_eq!(bench.invoked().await, [(0, 1)]);
    assert_eq!(bench.invoked().await, [(0, 1)], "its retry is under way");
    within(mapping.stop(Duration::ZERO)).await;

    // The committed offset takes precedence over the starting position.
    let mapping = bench.start(&latest());
    assert_eq!(bench.invoked().await, [(0, 1)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
    within(mapping.stop(Duration::from_secs(5))).await;
}

#[tokio::test]
async fn stop_waits_for_running_invocations_and_commits_them() {
    let mut bench = Bench::new(1, [Reply::Held]).await;
    bench.publish(0, "a").await;
    let mapping = bench.start(&spec());
    assert_eq!(bench.invoked().await, [(0, 0)]);
    let stopping = tokio::spawn(mapping.stop(Duration::from_secs(30)));
    bench.release(1);
    within(stopping).await.unwrap();
    assert_eq!(bench.committed("group", 0), Some(1));
    bench.event(|event| matches!(event, MappingEvent::Committed { partition: 0, offset: 1 })).await;
}

#[tokio::test]
async fn each_mapping_has_its_own_group_and_gets_every_record() {
    let mut bench = Bench::new(2, [Reply::ok()]).await;
    let group = |id: &str| Mapping { consumer_group_id: id.to_owned(), ..whole_batches_of(2) };
    let (email, sms) = (bench.start(&group("email")), bench.start(&group("sms")));
    bench.publish(0, "a").await;
    bench.publish(1, "b").await;
    for _ in 0..2 {
        assert_eq!(bench.invoked().await, [(0, 0), (1, 0)]);
    }
    within(email.settled()).await.unwrap();
    within(sms.settled()).await.unwrap();
    bench.no_more_invocations();
    assert_eq!((bench.committed("email", 0), bench.committed("sms", 0)), (Some(1), Some(1)));
}
