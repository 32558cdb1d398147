//! Sends a member one SMS for each book that they borrow, and for each reminder.

use tidings_channel_sms::{TextMessage, TextSender};
use tidings_consumer::{Context, Handler, HandlerError};
use tidings_library_events::{Event, Payload};
use tidings_texts::Language;

/// Writes the SMS of an event and hands it to a [`TextSender`].
pub struct LoanTexts<S> {
    sender: S,
}

impl<S> LoanTexts<S> {
    /// Sends with `sender`.
    pub const fn new(sender: S) -> Self {
        Self { sender }
    }
}

impl<S: TextSender> Handler for LoanTexts<S> {
    type Payload = Payload;

    async fn handle(&self, event: &Event, _: &Context) -> Result<(), HandlerError> {
        let (loan, text) = match &event.payload {
            Payload::BookLent(loan) => (loan, format!("You borrowed {}. Enjoy it!", loan.title)),
            Payload::SendReminder(loan) => (loan, format!("Please bring back {}.", loan.title)),
        };
        let to = loan.member_phone.parse().map_err(|_| {
            HandlerError::permanent("InvalidPhoneNumber", "the member's phone number is not an E.164 number")
        })?;
        let message = TextMessage {
            event_id: event.event_id.clone(),
            event_type: event.event_type(),
            language: Language::English,
            to,
            text,
        };
        self.sender.send(&message).await
    }
}
