//! Sends the customer one SMS per event.
//!
//! The texts are compiled in from `templates/{event type}/{language}/text`. The English ones use only the GSM 7-bit
//! alphabet (160 characters in one part, or 153 in each of several), unless a biller's name has other characters. The
//! Hindi ones are Unicode (70 and 67 characters), which SNS detects. If Lambda dies after SNS accepted an SMS and
//! before the consumer recorded it, the customer gets that SMS twice.
//!
//! A registration without a verification code gets a welcome text: the code is an optional field, and the customer
//! should learn that their number was used.

use tidings_bank_events::{Event, Payload};
use tidings_channel_sms::{PhoneNumber, TextMessage, TextSender};
use tidings_consumer::{Context, Handler, HandlerError, SettingError, Settings};
use tidings_events::Notifiable as _;
use tidings_texts::{Templates, TextSettings, Texts, templates};

/// Writes an event's SMS and sends it with a [`TextSender`].
pub struct Sms<S> {
    sender: S,
    texts: Texts,
}

impl<S: TextSender> Sms<S> {
    /// Reads [`TextSettings`].
    pub fn new(sender: S, settings: &Settings) -> Result<Self, SettingError> {
        Ok(Self { sender, texts: Texts::new(TEMPLATES, TextSettings::new(settings)?) })
    }

    fn write(&self, event: &Event) -> Result<TextMessage, HandlerError> {
        let facts = self.texts.facts(event);
        let [text] = self
            .texts
            .render(event, &facts, ["text"])
            .map_err(|error| HandlerError::permanent(error.error_type(), error.to_string()))?;
        Ok(TextMessage {
            event_id: event.event_id.clone(),
            event_type: event.event_type(),
            language: facts.language(),
            to: recipient(event)?,
            text,
        })
    }
}

impl<S: TextSender> Handler for Sms<S> {
    type Payload = Payload;

    async fn handle(&self, event: &Event, _: &Context) -> Result<(), HandlerError> {
        self.sender.send(&self.write(event)?).await
    }
}

fn recipient(event: &Event) -> Result<PhoneNumber, HandlerError> {
    let recipient = event.payload.recipient();
    recipient.and_then(|recipient| recipient.phone.parse().ok()).ok_or_else(|| {
        HandlerError::permanent("InvalidPhoneNumber", "the customer's phone number is not an E.164 number")
    })
}

const TEMPLATES: Templates = templates!(
    events: [
        "account.frozen",
        "bill.paid",
        "loan.approved",
        "scheduled.transfer",
        "transaction.completed",
        "user.registered",
    ],
    parts: ["en/text", "hi/text"],
    shared: [],
);
