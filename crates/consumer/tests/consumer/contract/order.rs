//! Order within a key, concurrency across keys.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tidings_consumer::{
    Position,
    outcome::{Outcome, Reason},
    testing::Disturbance,
};
use tokio::time::sleep;

use crate::support::*;

/// A function whose handler takes a second, and the maximum number of concurrent calls.
fn counting() -> (Function, Arc<AtomicUsize>) {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&most);
    let function = function(move |_| {
        let (now, most) = (Arc::clone(&now), Arc::clone(&counter));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            sleep(Duration::from_secs(1)).await;
            now.fetch_sub(1, Ordering::Relaxed);
            Ok(())
        }
    });
    (function, most)
}

#[tokio::test(start_paused = true)]
async fn records_of_one_key_run_one_after_the_other() {
    let (function, most) = counting();
    let records: Vec<_> = (0..8).map(|offset| login(offset, Some("k"), &format!("EVT-{offset}"))).collect();
    assert_eq!(invoke(&function, &records).await.done, 8);
    assert_eq!(most.load(Ordering::Relaxed), 1);
    let expected: Vec<String> = (0..8).map(|offset| format!("EVT-{offset}")).collect();
    assert_eq!(function.handler().calls(), expected);
}

#[tokio::test(start_paused = true)]
async fn records_of_one_key_in_two_partitions_do_not_run_at_the_same_time() {
    let (function, most) = counting();
    let mut elsewhere = login(7, Some("k"), "EVT-2");
    elsewhere["partition"] = 4.into();
    assert_eq!(invoke(&function, &[login(1, Some("k"), "EVT-1"), elsewhere]).await.done, 2);
    assert_eq!(most.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn different_keys_run_at_the_same_time_up_to_the_limit() {
    let (function, most) = counting();
    let records: Vec<_> =
        (0..25).map(|offset| login(offset, Some(&format!("k{offset}")), &format!("EVT-{offset}"))).collect();
    let began = tokio::time::Instant::now();
    assert_eq!(invoke(&function, &records).await.done, 25);
    assert_eq!(most.load(Ordering::Relaxed), 10);
    assert_eq!(began.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn records_without_key_are_independent_and_an_empty_key_is_a_key() {
    let (function, most) = counting();
    let keyless = [login(1, None, "EVT-1"), login(2, None, "EVT-2")];
    assert_eq!(invoke(&function, &keyless).await.done, 2);
    assert_eq!(most.load(Ordering::Relaxed), 2);
    let (function, most) = counting();
    let empty = [login(1, Some(""), "EVT-1"), login(2, Some(""), "EVT-2")];
    assert_eq!(invoke(&function, &empty).await.done, 2);
    assert_eq!(most.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_continues_after_a_dead_letter() {
    let function = function(|call| async move { if call.id == "EVT-1" { Err(refused()) } else { Ok(()) } });
    let records = [login(1, Some("k"), "EVT-1"), login(2, Some("k"), "EVT-2")];
    let summary = invoke(&function, &records).await;
    assert_eq!(outcomes(&summary), [(1, Outcome::DeadLettered), (2, Outcome::Done)]);
}

#[tokio::test(start_paused = true)]
async fn later_records_of_a_returned_records_key_are_returned_unhandled() {
    let function = function(|call| async move { if call.id == "EVT-1" { Err(throttled()) } else { Ok(()) } });
    let log = Log::default();
    let in_store = log.clone();
    function.claims.disturb(move |operation, id| {
        in_store.note(format!("{operation} {id}"));
        Disturbance::default()
    });
    let records = [
        login(1, Some("k"), "EVT-1"),
        login(2, Some("k"), "EVT-2"),
        record(3, Some(b"k"), None),
        login(4, Some("other"), "EVT-4"),
        login(5, None, "EVT-5"),
    ];
    let summary = function.invoke_within(Duration::from_secs(2), &payload(&records)).await.unwrap();
    let expected = [
        (1, returned(Reason::DeadlineNear)),
        (2, returned(Reason::BehindReturned)),
        (3, returned(Reason::BehindReturned)),
        (4, Outcome::Done),
        (5, Outcome::Done),
    ];
    assert_eq!(outcomes(&summary), expected);
    assert!(!function.handler().calls().contains(&"EVT-2".to_owned()));
    assert!(!log.lines().iter().any(|line| line.contains("EVT-2")), "{:?}", log.lines());
}

#[tokio::test(start_paused = true)]
async fn a_handler_gets_its_records_position() {
    let function = function(|call| async move {
        let Position { topic, partition, offset } = call.context.position;
        let expected = ("door.opened", 3, if call.id == "EVT-7" { 7 } else { 8 });
        if (topic.as_str(), partition, offset) == expected { Ok(()) } else { Err(refused()) }
    });
    let summary = invoke(&function, &[login(7, None, "EVT-7"), login(8, Some("k"), "EVT-8")]).await;
    assert_eq!(summary.done, 2);
}
