//! Sends SMS with Amazon SNS.

use aws_config::SdkConfig;
use aws_sdk_sns::{Client, error::BuildError, types::MessageAttributeValue};
use tidings_consumer::{HandlerError, SettingError, Settings};

use crate::{Dlt, TextMessage, TextSender};

/// Sends with SNS, using the configured sender id and DLT registrations.
pub struct SnsTextSender {
    client: Client,
    sender_id: Option<String>,
    dlt: Dlt,
}

impl SnsTextSender {
    /// Reads the optional settings `SMS_SENDER_ID`, `SMS_DLT_ENTITY_ID` and `SMS_DLT_TEMPLATE_IDS`.
    pub fn new(aws: &SdkConfig, settings: &Settings) -> Result<Self, SettingError> {
        Self::with_client(Client::new(aws), settings)
    }

    /// As [`new`](Self::new), but with an existing client.
    pub fn with_client(client: Client, settings: &Settings) -> Result<Self, SettingError> {
        let sender_id = settings.get("SMS_SENDER_ID").map(str::to_owned);
        Ok(Self { client, sender_id, dlt: Dlt::new(settings)? })
    }
}

impl TextSender for SnsTextSender {
    async fn send(&self, message: &TextMessage) -> Result<(), HandlerError> {
        let mut request = self.client.publish().phone_number(message.to.as_str()).message(&message.text);
        // Transactional SMS are the most reliable and are delivered at any hour, but cost more.
        let mut attributes =
            vec![("AWS.SNS.SMS.SMSType", "Transactional"), ("event_id", message.event_id.as_str())];
        attributes.extend(self.sender_id.as_deref().map(|id| ("AWS.SNS.SMS.SenderID", id)));
        attributes.extend(self.dlt.attributes(message));
        for (name, value) in attributes {
            request = request.message_attributes(name, string(value).map_err(unbuildable)?);
        }
        request.send().await?;
        Ok(())
    }
}

fn string(value: &str) -> Result<MessageAttributeValue, BuildError> {
    MessageAttributeValue::builder().data_type("String").string_value(value).build()
}

fn unbuildable(_: BuildError) -> HandlerError {
    HandlerError::permanent("SmsUnbuildable", "the SMS lacks a required part")
}
