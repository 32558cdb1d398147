//! Tests of rebalances: other members of the group, and topics and partitions that are created later.

use std::collections::BTreeSet;
use std::time::Duration;

use tidings_mapping::MappingEvent;

use crate::bench::{Bench, Reply, spec, within};

fn assigned(event: &MappingEvent, count: usize) -> bool {
    matches!(event, MappingEvent::Assigned(partitions) if partitions.len() == count)
}

async fn publish_40(bench: &Bench) {
    for number in 0..40 {
        bench.publish(number % 4, "x").await;
    }
}

#[tokio::test]
async fn a_second_member_takes_partitions_over_without_loss() {
    let mut bench = Bench::new(4, [Reply::ok()]).await;
    publish_40(&bench).await;
    let first = bench.start(&spec());
    bench.event(|event| assigned(event, 4)).await;
    let second = bench.start(&spec());
    publish_40(&bench).await;
    bench.event(|event| assigned(event, 2)).await;
    publish_40(&bench).await;
    let mut invoked = BTreeSet::new();
    while invoked.len() < 120 {
        invoked.extend(bench.invoked().await);
    }
    within(first.settled()).await.unwrap();
    within(first.stop(Duration::from_secs(5))).await;
    publish_40(&bench).await;
    within(second.settled()).await.unwrap();
    within(second.stop(Duration::from_secs(5))).await;
}

#[tokio::test]
async fn a_retry_continues_at_the_member_that_took_over_the_partition() {
    // The first member never gets an answer. The other member gets the records that were in flight there.
    let mut bench = Bench::new(1, [Reply::Hang, Reply::ok()]).await;
    bench.publish(0, "a").await;
    let first = bench.start(&spec());
    assert_eq!(bench.invoked().await, [(0, 0)]);
    let second = bench.start(&spec());
    within(first.stop(Duration::ZERO)).await;
    assert_eq!(bench.invoked().await, [(0, 0)]);
    within(second.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn a_topic_may_be_created_later() {
    let mut bench = Bench::without_topic([Reply::ok()]).await;
    let mapping = bench.start(&spec());
    bench.create_topic(1).await;
    bench.publish(0, "a").await;
    assert_eq!(bench.invoked().await, [(0, 0)]);
    within(mapping.settled()).await.unwrap();
}
