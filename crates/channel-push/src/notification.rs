//! What is sent, and the port that sends it.

use std::future::Future;

use tidings_consumer::HandlerError;
use tidings_events::EventId;

use crate::Device;

/// A push notification, written.
#[derive(Clone)]
pub struct Notification {
    /// The event that it tells of.
    pub event_id: EventId,
    /// That event's type, by which the app may choose what to open.
    pub event_type: &'static str,
    /// On one line.
    pub title: String,
    /// On one line.
    pub body: String,
}

/// What became of a push that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// On its way.
    Accepted,
    /// The device takes none any more: the app was removed, or its token replaced.
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
