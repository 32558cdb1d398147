//! Failure destinations, which receive discarded batches or their metadata.
//!
//! Sources: the AWS Lambda developer guide, "Capturing discarded batches for Amazon MSK and self-managed Apache
//! Kafka event sources" and "Using a Kafka topic as an on-failure destination"; the API reference, `OnFailure`.

mod aws;
mod error;
mod kafka;
mod message;
mod s3;
mod sns;
mod sqs;

use jiff::Timestamp;
use reqwest::Client;
use tidings_trigger::Mapping;

use super::batch::{Condition, Job};
use super::connection::Connection;
use super::error::MappingError;
use super::payload::Envelope;
use aws::{Arn, Endpoint};
pub use error::DeliveryError;
use kafka::Topic;
use message::{Facts, Failure};
use s3::Bucket;

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
    /// The mapping's failure destination, if it has one. AWS destinations are reached at the connection's AWS
    /// endpoint, Kafka topics in the mapping's cluster.
    pub fn new(
        client: Client,
        spec: &Mapping,
        connection: &Connection,
        envelope: Envelope,
    ) -> Result<Option<Self>, MappingError> {
        let Some(destination) = &spec.on_failure else { return Ok(None) };
        let target = target(client, destination, spec, connection)?;
        Ok(Some(Self { facts: Facts::new(spec, connection, envelope), target }))
    }

    /// Delivers a batch that was discarded at `at`. After an error, a Kafka topic may already have some of its
    /// records.
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

/// Creates the client for a destination. Destinations that Lambda would reject are rejected when the template is read.
fn target(
    client: Client,
    destination: &str,
    spec: &Mapping,
    connection: &Connection,
) -> Result<Target, MappingError> {
    let unusable = |reason: String| MappingError::Destination { destination: destination.to_owned(), reason };
    if let Some(name) = destination.strip_prefix("kafka://") {
        let topic = Topic::new(&connection.bootstrap_servers, name);
        let no_producer = |error| unusable(format!("its producer could not be created: {error}"));
        return topic.map(Target::Kafka).map_err(no_producer);
    }
    let unknown =
        || unusable("use the ARN of an SQS queue, an SNS topic or an S3 bucket, or kafka://topic".to_owned());
    let arn = Arn::parse(destination).ok_or_else(unknown)?;
    let endpoint = Endpoint::new(client, &connection.aws_endpoint)?;
    match arn.service {
        "sqs" => Ok(Target::Queue(sqs::Queue::new(endpoint, &arn))),
        "sns" => Ok(Target::Topic(sns::Topic::new(endpoint, &arn))),
        "s3" => Ok(Target::Bucket(Bucket::new(endpoint, &arn, &spec.id))),
        _ => Err(unknown()),
    }
}
