//! Each device is pushed to on its own.

use tidings_channel_push::Delivery;
use tidings_consumer::{HandlerError, testing::Harness};

use crate::{Outbox, invoke, payload, push};

const RECORD: &str = "transaction.completed-seed";

#[tokio::test]
async fn every_device_gets_one_push_however_often_the_record_comes() {
    let outbox = Outbox::default();
    let function = Harness::new("push", push(&["phone", "tablet"], &outbox));
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
async fn a_disabled_endpoint_is_passed_over() {
    let outbox = Outbox::answering("phone", Ok(Delivery::EndpointDisabled));
    let summary = invoke(&["phone", "tablet"], &outbox, RECORD).await;
    assert_eq!((summary.done, summary.dead_lettered), (1, 0));
    assert_eq!(outbox.devices(), ["phone", "tablet"]);
}

#[tokio::test]
async fn a_device_that_is_refused_costs_the_others_nothing_and_is_a_dead_letter() {
    let refusal = HandlerError::permanent("InvalidParameter", "refused");
    let outbox = Outbox::answering("phone", Err(refusal));
    let summary = invoke(&["phone", "tablet"], &outbox, RECORD).await;
    assert_eq!(summary.dead_letters[0].error.error_type, "InvalidParameter");
    assert_eq!(outbox.devices(), ["phone", "tablet"]);
}

#[tokio::test(start_paused = true)]
async fn only_the_device_that_failed_is_tried_again() {
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
