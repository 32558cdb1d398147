//! The message, and the port that sends it.

use std::future::Future;

use tidings_consumer::HandlerError;
use tidings_events::EventId;
use tidings_texts::Language;

use crate::PhoneNumber;

/// A complete SMS with its recipient.
#[derive(Clone)]
pub struct TextMessage {
    /// The id of the reported event.
    pub event_id: EventId,
    /// The event's type.
    pub event_type: &'static str,
    /// The text's language.
    pub language: Language,
    /// The recipient.
    pub to: PhoneNumber,
    /// The text, on one line.
    pub text: String,
}

/// Sends SMS.
pub trait TextSender: Send + Sync + 'static {
    /// Sends one SMS; `Ok` once it is accepted.
    fn send(&self, message: &TextMessage) -> impl Future<Output = Result<(), HandlerError>> + Send;
}
