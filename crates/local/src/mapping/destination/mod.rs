//! Failure destinations: where a batch goes, or the facts about it, once it is given up.
//!
//! Sources: the AWS Lambda developer guide, "Capturing discarded batches for Amazon MSK and self-managed Apache
//! Kafka event sources" and "Using a Kafka topic as an on-failure destination"; the API reference, `OnFailure`.

mod aws;
mod kafka;
mod message;
mod s3;
mod sns;
mod sqs;

use jiff::Timestamp;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use reqwest::Client;

use super::batch::{Condition, Job};
use super::payload::Envelope;
use super::{Connection, MappingError};
use crate::template::{KAFKA_TOPIC_FORM, Mapping, is_kafka_topic};
use aws::{Arn, Endpoint};
use kafka::Topic;
use message::{Facts, Failure};
use s3::Bucket;

/// A failure destination did not take a batch.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// No HTTP answer.
    #[error("the failure destination's endpoint cannot be reached: {0}")]
    Unreachable(reqwest::Error),
    /// An HTTP answer that is an error.
    #[error("the failure destination answered with HTTP status {status}: {code}; check that it exists")]
    Refused {
        /// HTTP status.
        status: u16,
        /// AWS's error code, or the start of the answer where it has none.
        code: String,
    },
    /// The destination topic's broker did not take a failed record.
    #[error(
        "topic {topic} did not take a failed record: {source}; check that it exists and that its \
         max.message.bytes leaves room for the record in base64"
    )]
    Kafka {
        /// The destination topic.
        topic: String,
        /// What librdkafka said.
        source: KafkaError,
    },
    /// The message cannot be written.
    #[error("the failure destination's message cannot be written: {0}; please report this")]
    Message(#[from] serde_json::Error),
}

impl DeliveryError {
    /// Whether the same batch would be refused again: as an HTTP client's error, unless it came too fast, or as too
    /// large for the topic.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Unreachable(_) => false,
            Self::Refused { status, .. } => (400..500).contains(status) && *status != 429,
            Self::Kafka { source, .. } => {
                source.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge)
            }
            Self::Message(_) => true,
        }
    }
}

/// The failure destination of one mapping.
pub struct FailureDestination {
    facts: Facts,
    target: Target,
}

enum Target {
    Queue(sqs::Queue),
    Topic(sns::Topic),
    Bucket(Bucket),
    Kafka(Topic),
}

impl FailureDestination {
    /// The mapping's failure destination, where it has one. AWS's services are reached at the connection's AWS
    /// endpoint, Kafka topics in the mapping's own cluster.
    ///
    /// Fails for a destination that Lambda refuses: a FIFO queue or topic, another service, the mapping's own
    /// topic, or a Kafka topic without provisioned mode.
    pub fn new(
        client: Client,
        spec: &Mapping,
        connection: &Connection,
        envelope: Envelope,
    ) -> Result<Option<Self>, MappingError> {
        let Some(destination) = &spec.on_failure else { return Ok(None) };
        let target = match destination.strip_prefix("kafka://") {
            Some(topic) => kafka_topic(topic, spec, connection),
            None => aws_resource(client, destination, spec, connection)?,
        };
        let refused = |reason| MappingError::Destination { destination: destination.clone(), reason };
        Ok(Some(Self { facts: Facts::new(spec, connection, envelope), target: target.map_err(refused)? }))
    }

    /// Hands a batch that was given up at `at` over. It is safe there when this succeeds; after an error, some of
    /// its records may be there already where the destination is a Kafka topic.
    pub async fn deliver(&self, job: &Job, condition: Condition, at: Timestamp) -> Result<(), DeliveryError> {
        let failure = Failure::new(&self.facts, job, condition, at);
        match &self.target {
            Target::Queue(queue) => queue.send(&failure.metadata()?).await,
            Target::Topic(topic) => topic.publish(&failure.metadata()?).await,
            Target::Bucket(bucket) => bucket.put(&failure).await,
            Target::Kafka(topic) => topic.produce(&failure).await,
        }
    }
}

/// What Lambda takes besides topics. The outer error is the endpoint's, the inner one says why it is refused.
fn aws_resource(
    client: Client,
    destination: &str,
    spec: &Mapping,
    connection: &Connection,
) -> Result<Result<Target, String>, MappingError> {
    const EXPECTED: &str = "use the ARN of an SQS queue, an SNS topic or an S3 bucket, or kafka://topic";
    let Some(arn) = Arn::parse(destination) else { return Ok(Err(format!("it is no ARN; {EXPECTED}"))) };
    let endpoint = Endpoint::new(client, &connection.aws_endpoint)?;
    let fifo = arn.resource.to_ascii_lowercase().ends_with(".fifo");
    Ok(match arn.service {
        "sqs" | "sns" if fifo => {
            Err("Lambda takes no FIFO queue or topic as failure destination; use a standard one".to_owned())
        }
        "sqs" => Ok(Target::Queue(sqs::Queue::new(endpoint, &arn))),
        "sns" => Ok(Target::Topic(sns::Topic::new(endpoint, &arn))),
        "s3" => Ok(Target::Bucket(Bucket::new(endpoint, &arn, &spec.id))),
        other => Err(format!("Lambda takes no {other} resource for a Kafka mapping; {EXPECTED}")),
    })
}

fn kafka_topic(name: &str, spec: &Mapping, connection: &Connection) -> Result<Target, String> {
    if !is_kafka_topic(name) {
        return Err(format!("its topic's name is not one that Lambda takes; use {KAFKA_TOPIC_FORM}"));
    }
    if name == spec.topic {
        return Err("failed records would come back to the mapping; use another topic".to_owned());
    }
    if spec.provisioned.is_none() {
        return Err("a Kafka topic needs provisioned mode; add ProvisionedPollerConfig".to_owned());
    }
    Topic::new(&connection.bootstrap_servers, name)
        .map(Target::Kafka)
        .map_err(|error| format!("its producer cannot be set up: {error}"))
}
