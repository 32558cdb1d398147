//! A domain with one event, librdkafka's mock cluster, and reading records back from it.

use std::time::Duration;

use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::{Headers, OwnedMessage},
    mocking::MockCluster,
    producer::DefaultProducerContext,
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use tidings_events::{Event, Topic, catalog};
use tidings_publisher::{Auth, Delivery, Publisher, PublisherSettings};

/// A payment of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Paid {
    order_id: String,
    #[serde(deserialize_with = "few")]
    pub items: u8,
}

/// A condition that decoding checks but the type does not.
fn few<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    u8::deserialize(deserializer)
        .and_then(|items| if items < 10 { Ok(items) } else { Err(D::Error::custom("too many")) })
}

catalog! {
    /// Events about orders.
    pub enum Payload [Topic::event("order-events")];
    /// An order was paid.
    Paid(Paid) = "order.paid" on "order-events", key |it| &it.order_id;
}

const PAID: &[u8] = br#"{"event_id":"EVT-1","event_type":"order.paid","timestamp":"2025-01-15T10:30:00Z",
"version":"1.0","data":{"order_id":"ORD-1","items":2},"metadata":{"locale":"hi"}}"#;

pub const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

type Cluster = MockCluster<'static, DefaultProducerContext>;

pub fn event() -> Event<Payload> {
    Event::decode(PAID, "order-events").unwrap()
}

pub fn cluster() -> Cluster {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("order-events", 3, 1).unwrap();
    cluster
}

pub fn publisher(bootstrap_servers: String) -> Publisher {
    Publisher::new(PublisherSettings { bootstrap_servers, auth: Auth::None }).unwrap()
}

pub fn read(cluster: &Cluster, delivery: Delivery) -> OwnedMessage {
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

pub fn header(record: &OwnedMessage, name: &str) -> String {
    let headers = record.headers().unwrap();
    let header = headers.iter().find(|header| header.key == name).unwrap();
    String::from_utf8(header.value.unwrap().to_vec()).unwrap()
}
