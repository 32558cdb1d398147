//! Publishes to librdkafka's mock cluster and reads the records back.

#![allow(clippy::unwrap_used, reason = "a test's helpers may panic as the test itself does")]

mod support;

use std::time::{Duration, Instant};

use rdkafka::{
    Message,
    mocking::MockCluster,
    types::{RDKafkaApiKey, RDKafkaRespErr},
};
use tidings_events::{Event, RawJson, TraceContext};
use tidings_publisher::{DELIVERY_TIMEOUT, Delivery, PublishError, Publisher};

use crate::support::{Payload, TRACE, cluster, event, header, publisher, read};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_arrives_with_its_key_and_headers_and_can_be_read_again() {
    let cluster = cluster();
    let delivery = publisher(cluster.bootstrap_servers())
        .publish(&event(), TraceContext::parse(TRACE).as_ref())
        .await
        .unwrap();
    let record = read(&cluster, delivery);
    assert_eq!(record.key(), Some(&b"ORD-1"[..]));
    assert_eq!(Event::<Payload>::decode(record.payload().unwrap(), "order-events").unwrap(), event());
    assert_eq!(header(&record, "content-type"), "application/json");
    let traceparent = header(&record, "traceparent");
    assert_eq!(traceparent[..36], TRACE[..36]);
    assert_ne!(traceparent, TRACE);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_one_key_go_to_one_partition_in_their_order() {
    let cluster = cluster();
    let publisher = publisher(cluster.bootstrap_servers());
    let first = publisher.publish(&event(), None).await.unwrap();
    let second = publisher.publish(&event(), None).await.unwrap();
    assert_eq!(second, Delivery { offset: first.offset + 1, ..first });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_no_subscriber_could_read_is_refused_permanently() {
    let mut event = event();
    let Payload::Paid(paid) = &mut event.payload;
    paid.items = 10;
    // Nothing listens at this address, because an invalid event is refused before connecting.
    let error = publisher("127.0.0.1:1".to_owned()).publish(&event, None).await.unwrap_err();
    assert!(matches!(error, PublishError::Invalid { .. }), "{error}");
    assert!(!error.is_retryable());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_too_large_is_refused_permanently() {
    let cluster = cluster();
    let mut event = event();
    let note = RawJson::try_from(&"x".repeat(1_100_000).into()).unwrap();
    event.metadata.more.insert("note".to_owned(), note);
    let error = publisher(cluster.bootstrap_servers()).publish(&event, None).await.unwrap_err();
    assert!(matches!(error, PublishError::TooLarge { .. }), "{error}");
    assert!(!error.is_retryable());
}

async fn fails_retryably_in_time(publisher: &Publisher) {
    let start = Instant::now();
    let error = publisher.publish(&event(), None).await.unwrap_err();
    assert!(matches!(error, PublishError::NotAcknowledged { .. }), "{error}");
    assert!(error.is_retryable());
    assert!(start.elapsed() < DELIVERY_TIMEOUT + Duration::from_secs(2), "took {:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_broker_fails_retryably_within_the_delivery_timeout() {
    fails_retryably_in_time(&publisher("127.0.0.1:1".to_owned())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_topic_fails_retryably_within_the_delivery_timeout() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.topic_error("order-events", RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART).unwrap();
    fails_retryably_in_time(&publisher(cluster.bootstrap_servers())).await;
}

/// Only an idempotent producer requests a producer id. Losing the id ends the producer, but not the publisher.
#[tokio::test(flavor = "multi_thread")]
async fn a_producer_that_lost_its_id_is_replaced() {
    let cluster = cluster();
    cluster.request_errors(
        RDKafkaApiKey::InitProducerId,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED],
    );
    let publisher = publisher(cluster.bootstrap_servers());
    let error = publisher.publish(&event(), None).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let delivery = publisher.publish(&event(), None).await.unwrap();
    assert_eq!(read(&cluster, delivery).key(), Some(&b"ORD-1"[..]));
}
