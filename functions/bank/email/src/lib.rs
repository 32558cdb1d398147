//! Sends the customer one e-mail per event.
//!
//! The texts are compiled in: `subject`, `body.txt` and `body.html` in `templates/{event type}/{language}/`, and the
//! common texts in `templates/wording/{language}`. The layout is the channel's. If Lambda dies after SES accepted a
//! mail and before the consumer recorded it, the customer gets that mail twice.

pub mod portal;

use tidings_bank_events::{Event, Payload};
use tidings_channel_email::{Address, LAYOUT, Mail, Mailer};
use tidings_consumer::{Context, Handler, HandlerError, SettingError, Settings};
use tidings_events::Notifiable as _;
use tidings_texts::{Templates, TextSettings, Texts, one_line, templates};

use crate::portal::Portal;

/// Writes an event's e-mail and sends it with a [`Mailer`].
pub struct Email<M> {
    mailer: M,
    texts: Texts,
    portal: Portal,
}

impl<M: Mailer> Email<M> {
    /// Reads `PORTAL_URL` and [`TextSettings`].
    pub fn new(mailer: M, settings: &Settings) -> Result<Self, SettingError> {
        let texts = Texts::new(TEMPLATES, TextSettings::new(settings)?).with_shared(LAYOUT);
        Ok(Self { mailer, texts, portal: Portal::new(settings)? })
    }

    fn write(&self, event: &Event) -> Result<Mail, HandlerError> {
        let facts = self.texts.facts(event).with("link", self.portal.link(&event.payload));
        let [subject, text, html] = self
            .texts
            .render(event, &facts, ["subject", "body.txt", "body.html"])
            .map_err(|error| HandlerError::permanent(error.error_type(), error.to_string()))?;
        Ok(Mail {
            event_id: event.event_id.clone(),
            event_type: event.event_type(),
            to: recipient(event)?,
            subject: one_line(&subject),
            text,
            html,
        })
    }
}

impl<M: Mailer> Handler for Email<M> {
    type Payload = Payload;

    async fn handle(&self, event: &Event, _: &Context) -> Result<(), HandlerError> {
        self.mailer.send(&self.write(event)?).await
    }
}

fn recipient(event: &Event) -> Result<Address, HandlerError> {
    let recipient = event.payload.recipient();
    recipient.and_then(|recipient| recipient.email.parse().ok()).ok_or_else(|| {
        HandlerError::permanent("InvalidEmailAddress", "the customer's e-mail address is not valid")
    })
}

const TEMPLATES: Templates = templates!(
    events: [
        "account.frozen",
        "bill.paid",
        "loan.applied",
        "loan.approved",
        "scheduled.transfer",
        "statement.generated",
        "transaction.completed",
        "transaction.failed",
        "user.registered",
    ],
    parts: ["en/subject", "en/body.txt", "en/body.html", "hi/subject", "hi/body.txt", "hi/body.html"],
    shared: ["reasons/en", "reasons/hi", "wording/en", "wording/hi"],
);
