//! Publishing to librdkafka's mock cluster, and reading back what arrived.

#![allow(clippy::unwrap_used, reason = "a test's helpers may panic as the test itself does")]

use std::time::{Duration, Instant};

use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::{Headers, OwnedMessage},
    mocking::MockCluster,
    producer::DefaultProducerContext,
    types::{RDKafkaApiKey, RDKafkaRespErr},
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use tidings_events::{Event, RawJson, Topic, TraceContext, catalog};
use tidings_publisher::{Auth, DELIVERY_TIMEOUT, Delivery, PublishError, Publisher, PublisherSettings};
use tracing::{Instrument as _, Span, subscriber::set_default};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;

/// Somebody paid for an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Paid {
    order_id: String,
    #[serde(deserialize_with = "few")]
    items: u8,
}

/// What a subscriber asks for and the type does not.
fn few<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    u8::deserialize(deserializer)
        .and_then(|items| if items < 10 { Ok(items) } else { Err(D::Error::custom("too many")) })
}

catalog! {
    /// What can happen to orders.
    enum Payload [Topic::event("order-events")];
    /// An order was paid.
    Paid(Paid) = "order.paid" on "order-events", key |it| &it.order_id;
}

const PAID: &[u8] = br#"{"event_id":"EVT-1","event_type":"order.paid","timestamp":"2025-01-15T10:30:00Z",
"version":"1.0","data":{"order_id":"ORD-1","items":2},"metadata":{"locale":"hi"}}"#;

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

type Cluster = MockCluster<'static, DefaultProducerContext>;

fn event() -> Event<Payload> {
    Event::decode(PAID, "order-events").unwrap()
}

fn cluster() -> Cluster {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("order-events", 3, 1).unwrap();
    cluster
}

fn publisher(bootstrap_servers: String) -> Publisher {
    Publisher::new(PublisherSettings { bootstrap_servers, auth: Auth::None }).unwrap()
}

fn read(cluster: &Cluster, delivery: Delivery) -> OwnedMessage {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .set("group.id", "test")
        .create()
        .unwrap();
    let mut partitions = TopicPartitionList::new();
    let offset = Offset::Offset(delivery.offset);
    partitions.add_partition_offset("order-events", delivery.partition, offset).unwrap();
    consumer.assign(&partitions).unwrap();
    consumer.poll(Duration::from_secs(10)).unwrap().unwrap().detach()
}

fn header(record: &OwnedMessage, name: &str) -> String {
    let headers = record.headers().unwrap();
    let header = headers.iter().find(|header| header.key == name).unwrap();
    String::from_utf8(header.value.unwrap().to_vec()).unwrap()
}

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

/// Publishes where OpenTelemetry notes spans, within `caller`, and returns the record's `traceparent`.
async fn traceparent(caller: &Span, cause: Option<&TraceContext>) -> String {
    let cluster = cluster();
    let publisher = publisher(cluster.bootstrap_servers());
    let delivery = publisher.publish(&event(), cause).instrument(caller.clone()).await.unwrap();
    header(&read(&cluster, delivery), "traceparent")
}

#[tokio::test(flavor = "multi_thread")]
async fn where_spans_are_noted_an_event_belongs_to_its_publishers() {
    let spans = SdkTracerProvider::builder().build();
    let layer = tracing_opentelemetry::layer().with_tracer(spans.tracer("test"));
    let _noting = set_default(tracing_subscriber::registry().with(layer));
    let request = tracing::info_span!("request");
    let context = request.context().span().span_context().clone();
    let within = traceparent(&request, None).await;
    assert_eq!(within[3..35], context.trace_id().to_string());
    assert_ne!(within[36..52], context.span_id().to_string(), "a span of its own within the request's");
    assert!(within.ends_with("-01"), "{within}");

    let caused = traceparent(&Span::none(), TraceContext::parse(TRACE).as_ref()).await;
    assert_eq!(caused[..36], TRACE[..36]);
    assert_ne!(caused, TRACE);
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
async fn an_event_that_no_subscriber_could_read_is_refused_for_good() {
    let mut event = event();
    let Payload::Paid(paid) = &mut event.payload;
    paid.items = 10;
    // Nobody listens at this address: an invalid event does not even get that far.
    let error = publisher("127.0.0.1:1".to_owned()).publish(&event, None).await.unwrap_err();
    assert!(matches!(error, PublishError::Invalid { .. }), "{error}");
    assert!(!error.is_retryable());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_too_large_is_refused_for_good() {
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

/// Only an idempotent producer asks for a producer id; its loss is an error that the producer does not
/// survive. The publisher does.
#[tokio::test(flavor = "multi_thread")]
async fn a_producer_that_lost_its_id_for_good_is_replaced() {
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
