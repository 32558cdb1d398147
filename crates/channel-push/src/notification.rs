//! The message, and the port that sends it.

use std::future::Future;

use tidings_consumer::HandlerError;
use tidings_events::EventId;

use crate::Device;

/// A complete push notification.
#[derive(Clone)]
pub struct Notification {
    /// The id of the reported event.
    pub event_id: EventId,
    /// The event's type. The app may use it to choose what to open.
    pub event_type: &'static str,
    /// The title, on one line.
    pub title: String,
    /// The text below the title, on one line.
    pub body: String,
}

/// The result of a push without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// SNS accepted it.
    Accepted,
    /// The device no longer accepts pushes: the app was removed, or its token was replaced.
    EndpointDisabled,
}

/// Sends push notifications.
pub trait Pusher: Send + Sync + 'static {
    /// Sends a notification to one device.
    fn push(
        &self,
        device: &Device,
        notification: &Notification,
    ) -> impl Future<Output = Result<Delivery, HandlerError>> + Send;
}
