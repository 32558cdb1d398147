//! The outcomes of records.

use bank_sms::Sms;
use rstest::rstest;
use tidings_consumer::{Settings, testing::Harness};

use crate::{Outbox, payload};

#[tokio::test]
async fn a_redelivered_record_is_sent_once() {
    let outbox = Outbox::default();
    let harness = Harness::new("bank-sms", Sms::new(outbox.clone(), &Settings::default()).unwrap());
    let record = payload("transaction.completed-seed");
    assert_eq!(harness.invoke(&record).await.unwrap().done, 1);
    assert_eq!(harness.invoke(&record).await.unwrap().duplicate, 1);
    assert_eq!(outbox.0.lock().unwrap().len(), 1);
}

#[rstest]
#[case("transaction.completed-invalid-phone", "InvalidPhoneNumber")]
#[case("user.registered-invalid-phone", "InvalidPhoneNumber")]
#[case("loan.applied-basic", "NoTextForEvent")]
#[tokio::test]
async fn an_sms_that_cannot_be_sent_is_a_dead_letter(#[case] fixture: &str, #[case] error_type: &str) {
    let outbox = Outbox::default();
    let harness = Harness::new("bank-sms", Sms::new(outbox.clone(), &Settings::default()).unwrap());
    let summary = harness.invoke(&payload(fixture)).await.unwrap();
    assert_eq!(summary.dead_lettered, 1, "{summary:?}");
    assert_eq!(summary.dead_letters[0].error.error_type, error_type);
    assert!(outbox.0.lock().unwrap().is_empty());
}
