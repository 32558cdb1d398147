//! Sends one push notification per event to each of the customer's devices.
//!
//! The texts are compiled in: `title` and `body` in `templates/{event type}/{language}/`. They are shown on locked
//! screens, so they mask the account and omit the balance.
//!
//! The push to each device is a separate effect: a failure does not affect the other devices, and another attempt
//! repeats only the pushes that failed. A device whose endpoint is disabled or deleted (the app was removed) is skipped
//! with a log line. That is not a failure of the event. A customer without devices gets nothing. If Lambda dies after
//! SNS accepted a push and before the consumer recorded it, that device gets the push twice.

use tidings_bank_events::{Event, Payload};
use tidings_channel_push::{Delivery, Device, Devices, Notification, Pusher};
use tidings_consumer::{Context, Handler, HandlerError, SettingError, Settings};
use tidings_events::Notifiable as _;
use tidings_texts::{Templates, TextSettings, Texts, one_line, templates};

/// Writes an event's notification and sends it with a [`Pusher`] to each of the customer's [`Devices`].
pub struct Push<D, P> {
    devices: D,
    pusher: P,
    texts: Texts,
}

impl<D: Devices, P: Pusher> Push<D, P> {
    /// Reads [`TextSettings`].
    pub fn new(devices: D, pusher: P, settings: &Settings) -> Result<Self, SettingError> {
        Ok(Self { devices, pusher, texts: Texts::new(TEMPLATES, TextSettings::new(settings)?) })
    }

    fn write(&self, event: &Event) -> Result<Notification, HandlerError> {
        let [title, body] = self
            .texts
            .render(event, &self.texts.facts(event), ["title", "body"])
            .map_err(|error| HandlerError::permanent(error.error_type(), error.to_string()))?;
        Ok(Notification {
            event_id: event.event_id.clone(),
            event_type: event.event_type(),
            title: one_line(&title),
            body,
        })
    }

    async fn push(&self, device: &Device, notification: &Notification) -> Result<(), HandlerError> {
        if self.pusher.push(device, notification).await? == Delivery::EndpointDisabled {
            tracing::info!(
                event.id = %notification.event_id,
                push.outcome = "endpoint_disabled",
                "a device was skipped because its endpoint no longer accepts pushes"
            );
        }
        Ok(())
    }
}

impl<D: Devices, P: Pusher> Handler for Push<D, P> {
    type Payload = Payload;

    async fn handle(&self, event: &Event, context: &Context) -> Result<(), HandlerError> {
        let notification = self.write(event)?;
        let Some(recipient) = event.payload.recipient() else { return Ok(()) };
        let mut failure: Option<HandlerError> = None;
        for device in self.devices.of(&recipient.id).await? {
            let pushed = context.once(&device.device_id, self.push(&device, &notification)).await;
            failure = worse(failure, pushed.err());
        }
        failure.map_or(Ok(()), Err)
    }
}

/// The failure for the event: a retryable one if there is any, so that devices that can still be reached are tried
/// again, otherwise the first failure.
fn worse(one: Option<HandlerError>, other: Option<HandlerError>) -> Option<HandlerError> {
    match (one, other) {
        (Some(one), Some(other)) if other.is_retryable() && !one.is_retryable() => Some(other),
        (one, other) => one.or(other),
    }
}

const TEMPLATES: Templates = templates!(
    events: ["scheduled.transfer", "transaction.completed"],
    parts: ["en/title", "en/body", "hi/title", "hi/body"],
    shared: [],
);
