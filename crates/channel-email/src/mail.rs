//! What is sent, and the port that sends it.

use std::future::Future;

use tidings_consumer::HandlerError;
use tidings_events::EventId;

use crate::Address;

/// An e-mail, written and addressed.
#[derive(Clone)]
pub struct Mail {
    /// The event that it tells of.
    pub event_id: EventId,
    /// That event's type.
    pub event_type: &'static str,
    /// The customer.
    pub to: Address,
    /// On one line.
    pub subject: String,
    /// For clients that show no HTML.
    pub text: String,
    /// A whole document, without anything to load from elsewhere.
    pub html: String,
}

/// Sends e-mails.
pub trait Mailer: Send + Sync + 'static {
    /// Sends one e-mail; `Ok` once it is accepted.
    fn send(&self, mail: &Mail) -> impl Future<Output = Result<(), HandlerError>> + Send;
}
