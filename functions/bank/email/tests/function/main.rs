//! Tests of the whole function, from Lambda's payload to the sent e-mail.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod hostile;
mod settling;
mod texts;

use std::{fs, path::Path, sync::Mutex};

use bank_email::Email;
use tidings_channel_email::{Mail, Mailer};
use tidings_consumer::{HandlerError, Settings, testing::Harness};

/// Keeps the e-mails to send, or refuses them.
#[derive(Default)]
pub struct Outbox {
    sent: Mutex<Vec<Mail>>,
    refusal: Option<HandlerError>,
}

impl Mailer for Outbox {
    async fn send(&self, mail: &Mail) -> Result<(), HandlerError> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        self.sent.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

impl Outbox {
    fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut *self.sent.lock().unwrap())
    }
}

fn settings() -> Settings {
    [("PORTAL_URL", "https://portal.example.com"), ("SENDER_NAME", "Example Bank")].into_iter().collect()
}

/// A Lambda payload with one record, from `events/bank/fixtures/kafka`.
fn payload(fixture: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../events/bank/fixtures/kafka");
    fs::read(folder.join(format!("{fixture}.json"))).unwrap()
}

/// The one e-mail that is sent for a fixture.
async fn mail_of(fixture: &str, settings: &Settings) -> Mail {
    let outbox = std::sync::Arc::new(Outbox::default());
    let harness = Harness::new("bank-email", Email::new(Shared(outbox.clone()), settings).unwrap());
    let summary = harness.invoke(&payload(fixture)).await.unwrap();
    assert_eq!(summary.done, 1, "{summary:?}");
    let mut sent = outbox.take();
    assert_eq!(sent.len(), 1);
    sent.remove(0)
}

/// An outbox that the test can read while the handler owns it.
struct Shared(std::sync::Arc<Outbox>);

impl Mailer for Shared {
    async fn send(&self, mail: &Mail) -> Result<(), HandlerError> {
        self.0.send(mail).await
    }
}
