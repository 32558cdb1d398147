//! Sends a push notification for one event to each of the customer's devices.
//!
//! The texts are in `templates/{event type}/{language}/`: `title` and `body`, compiled in. They are shown on
//! locked screens, so they mask the account and leave the balance out.
//!
//! Every device is a separate effect: a failure does not affect the other devices, and a further attempt repeats
//! only those that failed. A device whose endpoint is disabled or gone (the app was removed) is skipped
//! with a log line; that is not a failure of the event. A customer without devices gets nothing. Should
//! Lambda die between SNS accepting a push and the consumer recording it, that device gets it twice.

use tidings_bank_events::{Event, Payload};
use tidings_channel_push::{Delivery, Device, Devices, Notification, Pusher};
use tidings_consumer::{Context, Handler, HandlerError, SettingError, Settings};
use tidings_events::Notifiable as _;
use tidings_texts::{Templates, TextSettings, Texts, one_line, templates};

/// Writes the notification of an event and hands it to a [`Pusher`] for each of the customer's [`Devices`].
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

/// The failure that decides for all devices: a retryable one, so that the devices that can still be reached
/// are tried again, otherwise the first.
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
