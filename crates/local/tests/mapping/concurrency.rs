//! The number of concurrent invocations.

use std::time::Duration;

use tidings_trigger::{Mapping, Pollers};

use crate::bench::{Bench, Reply, on_demand, spec, within};

/// Publishes one record in each partition.
async fn publish_in_each(bench: &Bench, partitions: i32) {
    for partition in 0..partitions {
        bench.publish(partition, "x").await;
    }
}

#[tokio::test]
async fn a_partition_has_at_most_one_batch_in_flight() {
    let mut bench = Bench::new(4, [Reply::Held]).await;
    for _ in 0..2 {
        publish_in_each(&bench, 3).await;
    }
    let mapping = bench.start(&on_demand(Mapping { batch_size: 1, ..spec() }));
    for _ in 0..3 {
        bench.invoked().await;
    }
    bench.polled(6).await;
    // This record is processed after all of those.
    bench.publish(3, "x").await;
    assert_eq!(bench.invoked().await, [(3, 0)]);
    bench.no_more_invocations();
    bench.release(7);
    for _ in 0..3 {
        bench.invoked().await;
    }
    within(mapping.settled()).await.unwrap();
    assert!(!bench.overlapped());
    assert_eq!(bench.most_at_once(), 4);
}

#[tokio::test]
async fn a_provisioned_poller_has_five_invocations_at_once() {
    let mut bench = Bench::new(8, [Reply::Held]).await;
    publish_in_each(&bench, 8).await;
    let pollers = Some(Pollers { minimum: 1, maximum: 1 });
    let mapping = bench.start(&Mapping { batch_size: 1, provisioned: pollers, ..spec() });
    for _ in 0..5 {
        bench.invoked().await;
    }
    // Records that are read later are processed after all earlier ones.
    bench.polled(8).await;
    bench.publish(0, "y").await;
    bench.polled(1).await;
    bench.no_more_invocations();
    bench.release(9);
    for _ in 0..4 {
        bench.invoked().await;
    }
    within(mapping.settled()).await.unwrap();
    assert_eq!(bench.most_at_once(), 5);
}

#[tokio::test]
async fn a_blocked_partition_does_not_hold_up_the_others() {
    let mut bench = Bench::new(2, [Reply::Hang, Reply::ok()]).await;
    let mapping = bench.start(&Mapping { batch_size: 1, ..spec() });
    bench.publish(0, "blocked").await;
    assert_eq!(bench.invoked().await, [(0, 0)]);
    bench.publish(0, "waits").await;
    for offset in 0..3 {
        bench.publish(1, "goes on").await;
        assert_eq!(bench.invoked().await, [(1, offset)]);
    }
    within(mapping.stop(Duration::ZERO)).await;
}
