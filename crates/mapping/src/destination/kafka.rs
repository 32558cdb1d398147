//! A topic in the mapping's cluster as failure destination: each failed record becomes a separate message.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::join_all;
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde::Deserialize;
use serde::de::Error;

use super::super::record::Record;
use super::error::DeliveryError;
use super::message::Failure;

/// How many messages of a batch may be unacknowledged at once, to limit memory.
const UNACKNOWLEDGED: usize = 500;

/// How long a message may take before it counts as failed and is retried.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(30);

pub(super) struct Topic {
    producer: FutureProducer,
    name: String,
}

impl Topic {
    /// Inferred: keys go to the partition that Java clients choose, because Lambda documents Kafka's default
    /// partitioning. The producer has no size limit, so that the topic's limit applies.
    pub(super) fn new(bootstrap_servers: &str, name: &str) -> KafkaResult<Self> {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap_servers)
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("partitioner", "murmur2_random")
            .set("message.max.bytes", "1000000000")
            // A topic rejects a message set that is too large as a whole, including messages that would fit alone.
            .set("batch.num.messages", "1")
            .set("message.timeout.ms", ACKNOWLEDGED_WITHIN.as_millis().to_string())
            .create()?;
        Ok(Self { producer, name: name.to_owned() })
    }

    /// Writes all records of the batch to the topic. Chosen: a rejected record does not prevent the others from being
    /// written. After a temporary error the whole batch is written again, so records may be duplicated.
    pub(super) async fn produce(&self, failure: &Failure<'_>) -> Result<(), DeliveryError> {
        let mut outcome = Ok(());
        for records in failure.records().chunks(UNACKNOWLEDGED) {
            for one in join_all(records.iter().map(|record| self.produce_record(failure, record))).await {
                if one.is_err() && outcome.as_ref().err().is_none_or(DeliveryError::is_permanent) {
                    outcome = one;
                }
            }
        }
        outcome
    }

    async fn produce_record(&self, failure: &Failure<'_>, record: &Record) -> Result<(), DeliveryError> {
        let (key, value) = (key(record)?, failure.of_record(record)?);
        let mut message = FutureRecord::<[u8], [u8]>::to(&self.name).payload(&value);
        message.key = key.as_deref();
        let failed = |(source, _): (KafkaError, _)| DeliveryError::Kafka { topic: self.name.clone(), source };
        self.producer.send(message, ACKNOWLEDGED_WITHIN).await.map(|_| ()).map_err(failed)
    }
}

/// The record's key, read from the record's JSON, because records are only kept in that form.
fn key(record: &Record) -> Result<Option<Vec<u8>>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Keyed<'a> {
        #[serde(borrow)]
        key: Option<Cow<'a, str>>,
    }
    let keyed: Keyed<'_> = serde_json::from_slice(record.json())?;
    keyed.key.map(|key| STANDARD.decode(key.as_bytes()).map_err(serde_json::Error::custom)).transpose()
}
