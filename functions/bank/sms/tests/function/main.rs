//! Tests of the whole function, from Lambda's payload to the sent SMS.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod settling;
mod texts;

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use bank_sms::Sms;
use tidings_channel_sms::{TextMessage, TextSender};
use tidings_consumer::{HandlerError, Settings, testing::Harness};

/// Keeps the SMS to send.
#[derive(Clone, Default)]
pub struct Outbox(Arc<Mutex<Vec<TextMessage>>>);

impl TextSender for Outbox {
    async fn send(&self, message: &TextMessage) -> Result<(), HandlerError> {
        self.0.lock().unwrap().push(message.clone());
        Ok(())
    }
}

/// A Lambda payload with one record, from `events/bank/fixtures/kafka`.
fn payload(fixture: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../events/bank/fixtures/kafka");
    fs::read(folder.join(format!("{fixture}.json"))).unwrap()
}

/// The one SMS that is sent for a fixture.
async fn message_of(fixture: &str) -> TextMessage {
    let settings: Settings = [("SENDER_NAME", "Example Bank")].into_iter().collect();
    let outbox = Outbox::default();
    let harness = Harness::new("bank-sms", Sms::new(outbox.clone(), &settings).unwrap());
    let summary = harness.invoke(&payload(fixture)).await.unwrap();
    assert_eq!(summary.done, 1, "{summary:?}");
    let mut sent = std::mem::take(&mut *outbox.0.lock().unwrap());
    assert_eq!(sent.len(), 1);
    sent.remove(0)
}
