//! SQS: its JSON protocol.

use reqwest::Method;

use super::DeliveryError;
use super::aws::{Arn, Endpoint, send};

pub(super) struct Queue {
    endpoint: Endpoint,
    region: String,
    url: String,
}

impl Queue {
    pub(super) fn new(endpoint: Endpoint, arn: &Arn<'_>) -> Self {
        let url = endpoint.url([arn.account, arn.resource]).into();
        Self { endpoint, region: arn.region().to_owned(), url }
    }

    /// Sends a message; it is safe in the queue when this succeeds.
    pub(super) async fn send(&self, message: &str) -> Result<(), DeliveryError> {
        let body = serde_json::json!({ "QueueUrl": self.url, "MessageBody": message });
        let request = self
            .endpoint
            .request(Method::POST, self.endpoint.url([]), "sqs", &self.region)
            .header("Content-Type", "application/x-amz-json-1.0")
            .header("X-Amz-Target", "AmazonSQS.SendMessage")
            .body(body.to_string());
        send(request).await
    }
}
