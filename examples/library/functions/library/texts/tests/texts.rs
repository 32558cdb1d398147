//! Whole invocations of the function over a sender in memory.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use library_texts::LoanTexts;
use tidings_channel_sms::{TextMessage, TextSender};
use tidings_consumer::{HandlerError, testing::Harness};

const LENT: &[u8] = include_bytes!("../../../../events/library/fixtures/kafka/book.lent-basic.json");
const REMIND: &[u8] = include_bytes!("../../../../events/library/fixtures/kafka/reminder.send-basic.json");

#[derive(Clone, Default)]
struct Outbox(Arc<Mutex<Vec<TextMessage>>>);

impl TextSender for Outbox {
    async fn send(&self, message: &TextMessage) -> Result<(), HandlerError> {
        self.0.lock().unwrap().push(message.clone());
        Ok(())
    }
}

#[tokio::test]
async fn a_member_gets_one_text_for_each_event() {
    let outbox = Outbox::default();
    let harness = Harness::new("library-texts", LoanTexts::new(outbox.clone()));
    for payload in [LENT, REMIND] {
        assert_eq!(harness.invoke(payload).await.unwrap().done, 1);
        assert_eq!(harness.invoke(payload).await.unwrap().duplicate, 1);
    }
    let texts: Vec<_> = outbox.0.lock().unwrap().iter().map(|message| message.text.clone()).collect();
    assert_eq!(
        texts,
        ["You borrowed The Name of the Rose. Enjoy it!", "Please bring back The Name of the Rose."]
    );
}
