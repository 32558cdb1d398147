//! Publishes any record unchanged, including tombstones and broken JSON.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    error::KafkaError,
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
};
use tidings_mapping::Position;

/// How long a broker may take to acknowledge a record.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(30);

/// A record to publish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutgoingRecord {
    /// The topic's name.
    pub topic: String,
    /// The key, which determines the partition.
    pub key: Option<Vec<u8>>,
    /// The value; `None` for a tombstone.
    pub value: Option<Vec<u8>>,
    /// The headers' names and values, in order.
    pub headers: Vec<(String, Vec<u8>)>,
}

/// A Kafka producer for arbitrary bytes.
pub struct Producer(FutureProducer);

impl Producer {
    /// Creates a producer that waits for all replicas.
    pub fn new(bootstrap_servers: &str) -> Result<Self, KafkaError> {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap_servers)
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("linger.ms", "5")
            .create()?;
        Ok(Self(producer))
    }

    /// Publishes a record and waits for the broker's acknowledgement.
    pub async fn publish(&self, record: &OutgoingRecord) -> Result<Position, KafkaError> {
        let headers = record.headers.iter().fold(OwnedHeaders::new(), |headers, (name, value)| {
            headers.insert(Header { key: name, value: Some(value) })
        });
        let mut outgoing: FutureRecord<'_, [u8], [u8]> = FutureRecord::to(&record.topic).headers(headers);
        outgoing.key = record.key.as_deref();
        outgoing.payload = record.value.as_deref();
        let delivery = self.0.send(outgoing, ACKNOWLEDGED_WITHIN).await.map_err(|(error, _)| error)?;
        Ok(Position { partition: delivery.partition, offset: delivery.offset })
    }
}
