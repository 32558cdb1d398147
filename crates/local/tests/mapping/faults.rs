//! Tests of requests that a broker refuses. They always use librdkafka's mock cluster, because it returns errors on
//! request.

use rdkafka::mocking::MockCluster;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use tidings_mapping::MappingEvent;

use crate::bench::{Bench, Reply, spec, within};

/// An error after which librdkafka does not retry.
const REFUSED: RDKafkaRespErr = RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;

/// Whether the event reports this lag of the group.
fn behind(event: &MappingEvent, by: u64) -> bool {
    matches!(event, MappingEvent::Lag(lags) if lags.iter().map(|partition| partition.lag).eq([by]))
}

#[tokio::test]
async fn the_group_is_behind_until_its_commit_is_acknowledged() {
    let cluster = MockCluster::new(1).unwrap();
    let mut bench = Bench::on_mock(&cluster, [Reply::ok()]);
    let mapping = bench.start(&spec());
    let committed = |offset| MappingEvent::Committed { partition: 0, offset };
    bench.event(|event| *event == committed(0)).await;
    cluster.request_errors(RDKafkaApiKey::OffsetCommit, &[REFUSED; 1000]);
    bench.publish(0, "a").await;
    bench.event(|event| matches!(event, MappingEvent::CommitFailed { .. })).await;
    within(bench.event(|event| behind(event, 1))).await;
    cluster.clear_request_errors(RDKafkaApiKey::OffsetCommit);
    bench.event(|event| *event == committed(1)).await;
    within(bench.event(|event| behind(event, 0))).await;
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn an_assignment_is_retried_if_its_offsets_cannot_be_looked_up() {
    let cluster = MockCluster::new(1).unwrap();
    let mut bench = Bench::on_mock(&cluster, [Reply::ok()]);
    cluster.request_errors(RDKafkaApiKey::OffsetFetch, &[REFUSED; 2]);
    let mapping = bench.start(&spec());
    for _ in 0..2 {
        bench.event(|event| matches!(event, MappingEvent::KafkaFailed { .. })).await;
    }
    bench.publish(0, "a").await;
    assert_eq!(bench.invoked().await, [(0, 0)]);
    within(mapping.settled()).await.unwrap();
}
