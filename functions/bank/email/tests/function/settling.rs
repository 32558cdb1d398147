//! The outcomes of records.

use std::sync::Arc;

use bank_email::Email;
use tidings_consumer::{HandlerError, SettingError, Settings, testing::Harness};

use crate::{Outbox, Shared, payload, settings};

#[tokio::test]
async fn a_redelivered_record_is_mailed_once() {
    let outbox = Arc::new(Outbox::default());
    let harness = Harness::new("bank-email", Email::new(Shared(outbox.clone()), &settings()).unwrap());
    let record = payload("transaction.completed-seed");
    assert_eq!(harness.invoke(&record).await.unwrap().done, 1);
    assert_eq!(harness.invoke(&record).await.unwrap().duplicate, 1);
    assert_eq!(outbox.take().len(), 1);
}

/// The error type of a record's dead letter.
async fn dead_letter_of(outbox: Outbox, record: &[u8]) -> String {
    let harness = Harness::new("bank-email", Email::new(outbox, &settings()).unwrap());
    let summary = harness.invoke(record).await.unwrap();
    assert_eq!(summary.dead_lettered, 1, "{summary:?}");
    summary.dead_letters[0].error.error_type.clone()
}

#[tokio::test]
async fn an_event_without_text_is_a_dead_letter() {
    let error_type = dead_letter_of(Outbox::default(), &payload("statement.requested-basic")).await;
    assert_eq!(error_type, "NoTextForEvent");
}

#[tokio::test]
async fn a_login_is_a_dead_letter_without_text() {
    let error_type = dead_letter_of(Outbox::default(), &payload("user.login-basic")).await;
    assert_eq!(error_type, "NoTextForEvent");
}

#[tokio::test]
async fn a_mail_that_ses_refuses_permanently_is_a_dead_letter() {
    let refusal = Some(HandlerError::permanent("MessageRejected", "refused"));
    let outbox = Outbox { refusal, ..Outbox::default() };
    assert_eq!(dead_letter_of(outbox, &payload("bill.paid-basic")).await, "MessageRejected");
}

#[test]
fn a_missing_setting_is_named() {
    let error = Email::new(Outbox::default(), &Settings::default()).err();
    assert_eq!(error, Some(SettingError::Missing("PORTAL_URL".to_owned())));
}

#[test]
fn an_unknown_time_zone_is_named() {
    let settings = [("PORTAL_URL", "https://a.example"), ("TIME_ZONE", "Mars/Olympus")].into_iter().collect();
    let error = Email::new(Outbox::default(), &settings).err().unwrap();
    assert!(error.to_string().contains("TIME_ZONE"), "{error}");
}
