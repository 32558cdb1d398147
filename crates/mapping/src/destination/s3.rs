//! S3: one object per batch, named as by Lambda.

use jiff::Timestamp;
use reqwest::Method;
use uuid::Uuid;

use super::aws::{Arn, Endpoint, send};
use super::error::DeliveryError;
use super::message::Failure;

pub(super) struct Bucket {
    endpoint: Endpoint,
    name: String,
    mapping: String,
}

impl Bucket {
    pub(super) fn new(endpoint: Endpoint, arn: &Arn<'_>, mapping: &str) -> Self {
        Self { endpoint, name: arn.resource.to_owned(), mapping: mapping.to_owned() }
    }

    /// Writes the batch as an object.
    pub(super) async fn put(&self, failure: &Failure<'_>) -> Result<(), DeliveryError> {
        let key = key(&self.mapping, &failure.first_partition(), failure.at, Uuid::new_v4());
        let url = self.endpoint.url([self.name.as_str()].into_iter().chain(key.split('/')));
        let request = self
            .endpoint
            .request(Method::PUT, url, "s3")
            .header("Content-Type", "application/json")
            .body(failure.with_event()?);
        send(request).await
    }
}

/// `aws/lambda/<ESM-UUID>/<shardID>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<Random UUID>`, which the developer guide documents
/// for stream sources but not for Kafka.
///
/// Inferred: the first partition replaces the shard. Chosen: the mapping's local id replaces the UUID.
fn key(mapping: &str, partition: &str, at: Timestamp, random: Uuid) -> String {
    let (day, second) = (at.strftime("%Y/%m/%d"), at.strftime("%Y-%m-%dT%H.%M.%S"));
    format!("aws/lambda/{mapping}/{partition}/{day}/{second}-{random}")
}
