//! What is sent, and the port that sends it.

use std::future::Future;

use tidings_consumer::HandlerError;
use tidings_events::EventId;
use tidings_texts::Language;

use crate::PhoneNumber;

/// An SMS, written and addressed.
#[derive(Clone)]
pub struct TextMessage {
    /// The event that it tells of.
    pub event_id: EventId,
    /// That event's type.
    pub event_type: &'static str,
    /// The text's language.
    pub language: Language,
    /// The customer.
    pub to: PhoneNumber,
    /// On one line.
    pub text: String,
}

/// Sends SMS.
pub trait TextSender: Send + Sync + 'static {
    /// Sends one SMS; `Ok` once it is accepted.
    fn send(&self, message: &TextMessage) -> impl Future<Output = Result<(), HandlerError>> + Send;
}
