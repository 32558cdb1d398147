//! SNS: the query protocol.

use reqwest::Method;
use tidings_trigger::arn::sns_arn;

use super::aws::{Arn, Endpoint, send};
use super::error::DeliveryError;

pub(super) struct Topic {
    endpoint: Endpoint,
    arn: String,
}

impl Topic {
    pub(super) fn new(endpoint: Endpoint, arn: &Arn<'_>) -> Self {
        Self { endpoint, arn: sns_arn(arn.resource) }
    }

    /// Publishes a message.
    pub(super) async fn publish(&self, message: &str) -> Result<(), DeliveryError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "Publish")
            .append_pair("Version", "2010-03-31")
            .append_pair("TopicArn", &self.arn)
            .append_pair("Message", message)
            .finish();
        let request = self
            .endpoint
            .request(Method::POST, self.endpoint.url([]), "sns")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form);
        send(request).await
    }
}
