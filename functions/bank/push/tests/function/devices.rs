//! The push to each device is independent of the others.

use tidings_channel_push::Delivery;
use tidings_consumer::{HandlerError, testing::Harness};

use crate::{Outbox, invoke, payload, push};

const RECORD: &str = "transaction.completed-seed";

#[tokio::test]
async fn every_device_gets_one_push_despite_redelivery() {
    let outbox = Outbox::default();
    let function = Harness::new("bank-push", push(&["phone", "tablet"], &outbox));
    assert_eq!(function.invoke(&payload(RECORD)).await.unwrap().done, 1);
    assert_eq!(function.invoke(&payload(RECORD)).await.unwrap().duplicate, 1);
    assert_eq!(outbox.devices(), ["phone", "tablet"]);
}

#[tokio::test]
async fn a_customer_without_devices_is_done() {
    let outbox = Outbox::default();
    assert_eq!(invoke(&[], &outbox, RECORD).await.done, 1);
    assert!(outbox.devices().is_empty());
}

#[tokio::test]
async fn a_disabled_endpoint_is_skipped() {
    let outbox = Outbox::answering("phone", Ok(Delivery::EndpointDisabled));
    let summary = invoke(&["phone", "tablet"], &outbox, RECORD).await;
    assert_eq!((summary.done, summary.dead_lettered), (1, 0));
    assert_eq!(outbox.devices(), ["phone", "tablet"]);
}

#[tokio::test]
async fn a_refused_device_is_a_dead_letter_and_does_not_affect_others() {
    let refusal = HandlerError::permanent("InvalidParameter", "refused");
    let outbox = Outbox::answering("phone", Err(refusal));
    let summary = invoke(&["phone", "tablet"], &outbox, RECORD).await;
    assert_eq!(summary.dead_letters[0].error.error_type, "InvalidParameter");
    assert_eq!(outbox.devices(), ["phone", "tablet"]);
}

#[tokio::test(start_paused = true)]
async fn only_the_failed_device_is_retried() {
    let failure = HandlerError::retryable("Throttled", "too many");
    let outbox = Outbox::answering("phone", Err(failure));
    let summary = invoke(&["phone", "tablet"], &outbox, RECORD).await;
    assert_eq!(summary.dead_letters[0].error.error_type, "Throttled");
    assert_eq!(outbox.devices(), ["phone", "tablet", "phone", "phone"]);
}

#[tokio::test]
async fn an_event_without_text_is_a_dead_letter() {
    let outbox = Outbox::default();
    let summary = invoke(&["phone"], &outbox, "bill.paid-basic").await;
    assert_eq!(summary.dead_letters[0].error.error_type, "NoTextForEvent");
    assert!(outbox.devices().is_empty());
}
