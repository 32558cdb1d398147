//! Sends push notifications with Amazon SNS mobile push.

use aws_config::SdkConfig;
use aws_sdk_sns::{
    Client,
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::publish::PublishError,
    types::MessageAttributeValue,
};
use serde_json::json;
use tidings_consumer::HandlerError;

use crate::{Delivery, Device, Notification, Pusher};

/// SNS's error codes for disabled or deleted endpoints (`Publish` in its API reference).
const ENDPOINT_GONE: &[&str] =
    &["EndpointDisabled", "EndpointDisabledException", "NotFound", "NotFoundException"];

/// Sends with SNS, which forwards to Apple's and Google's services.
pub struct SnsPusher(Client);

impl SnsPusher {
    /// Creates a client from the AWS configuration.
    #[must_use]
    pub fn new(aws: &SdkConfig) -> Self {
        Self(Client::new(aws))
    }

    /// As [`new`](Self::new), but with an existing client.
    #[must_use]
    pub const fn with_client(client: Client) -> Self {
        Self(client)
    }
}

impl Pusher for SnsPusher {
    async fn push(&self, device: &Device, notification: &Notification) -> Result<Delivery, HandlerError> {
        let answer = self
            .0
            .publish()
            .target_arn(&device.endpoint_arn)
            .message_structure("json")
            .message(payload(notification))
            .message_attributes("event_id", string(notification.event_id.as_str())?)
            .message_attributes("device_id", string(&device.device_id)?)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Delivery::Accepted),
            Err(error) if is_gone(&error) => Ok(Delivery::EndpointDisabled),
            Err(error) => Err(error.into()),
        }
    }
}

fn is_gone<R>(error: &SdkError<PublishError, R>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    code.is_some_and(|code| ENDPOINT_GONE.contains(&code))
}

fn string(value: &str) -> Result<MessageAttributeValue, HandlerError> {
    let unbuildable =
        |_: BuildError| HandlerError::permanent("PushUnbuildable", "the push lacks a required part");
    MessageAttributeValue::builder().data_type("String").string_value(value).build().map_err(unbuildable)
}

/// The messages for all platforms in the form that SNS requires with `MessageStructure` `json`: JSON inside JSON
/// strings. They are an alert for APNs, an HTTP v1 message for FCM, and plain text for the others.
fn payload(notification: &Notification) -> String {
    let Notification { event_id, event_type, title, body } = notification;
    let (event_id, alert) = (event_id.as_str(), json!({ "title": title, "body": body }));
    let apns = json!({ "aps": { "alert": alert, "sound": "default" }, "event_id": event_id, "event_type": event_type });
    let data = json!({ "event_id": event_id, "event_type": event_type });
    let gcm = json!({ "fcmV1Message": { "message": { "notification": alert, "data": data } } });
    json!({ "default": format!("{title}: {body}"), "APNS": apns.to_string(), "GCM": gcm.to_string() })
        .to_string()
}
