//! The message, and the port that sends it.

use std::future::Future;

use tidings_consumer::HandlerError;
use tidings_events::EventId;

use crate::Address;

/// A complete e-mail with its recipient.
#[derive(Clone)]
pub struct Mail {
    /// The id of the reported event.
    pub event_id: EventId,
    /// The event's type.
    pub event_type: &'static str,
    /// The recipient.
    pub to: Address,
    /// The subject, on one line.
    pub subject: String,
    /// The plain-text body.
    pub text: String,
    /// The HTML body, a complete document that loads no external content.
    pub html: String,
}

/// Sends e-mails.
pub trait Mailer: Send + Sync + 'static {
    /// Sends one e-mail; `Ok` once it is accepted.
    fn send(&self, mail: &Mail) -> impl Future<Output = Result<(), HandlerError>> + Send;
}
