//! SQS: the JSON protocol.

use reqwest::Method;
use tidings_trigger::arn::ACCOUNT_ID;

use super::aws::{Arn, Endpoint, send};
use super::error::DeliveryError;

pub(super) struct Queue {
    endpoint: Endpoint,
    url: String,
}

impl Queue {
    pub(super) fn new(endpoint: Endpoint, arn: &Arn<'_>) -> Self {
        let url = endpoint.url([ACCOUNT_ID, arn.resource]).into();
        Self { endpoint, url }
    }

    /// Sends a message.
    pub(super) async fn send(&self, message: &str) -> Result<(), DeliveryError> {
        let body = serde_json::json!({ "QueueUrl": self.url, "MessageBody": message });
        let request = self
            .endpoint
            .request(Method::POST, self.endpoint.url([]), "sqs")
            .header("Content-Type", "application/x-amz-json-1.0")
            .header("X-Amz-Target", "AmazonSQS.SendMessage")
            .body(body.to_string());
        send(request).await
    }
}
