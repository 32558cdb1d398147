//! Tests of the whole function, from Lambda's payload to the request to DynamoDB.

#![allow(clippy::unwrap_used, reason = "a test's helpers may panic as the test itself does")]

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::{
    Client,
    error::ErrorMetadata,
    operation::put_item::{PutItemError, PutItemOutput},
    types::error::{ConditionalCheckFailedException, ProvisionedThroughputExceededException},
};
use aws_smithy_mocks::{mock, mock_client};
use bank_ledger::{
    Ledger,
    book::{Book, DynamoBook},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use rstest::rstest;
use serde_json::Value;
use tidings_consumer::{HandlerError, testing::Harness};
use tidings_events::Currency;
use tidings_ledger_table::{Entry, Kind, to_item};

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../../events/bank/fixtures/kafka/", $name, ".json"))
    };
}

#[derive(Default, Clone)]
struct MemoryBook(Arc<Mutex<Vec<Entry>>>);

impl Book for MemoryBook {
    async fn book(&self, entry: &Entry) -> Result<(), HandlerError> {
        self.0.lock().unwrap().push(entry.clone());
        Ok(())
    }
}

/// The entry that a payload is booked as. It is booked once even if the payload is delivered twice.
async fn booked(payload: &[u8]) -> Entry {
    let book = MemoryBook::default();
    let harness = Harness::new("bank-ledger", Ledger::new(book.clone()));
    assert_eq!(harness.invoke(payload).await.unwrap().done, 1);
    assert_eq!(harness.invoke(payload).await.unwrap().duplicate, 1);
    let mut entries = book.0.lock().unwrap();
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

fn transfer() -> Entry {
    Entry {
        account_id: "ACC123456".parse().unwrap(),
        timestamp: "2025-01-15T10:30:45.123Z".parse().unwrap(),
        partition: 9,
        offset: 224_026,
        event_id: "EVT-12345678".parse().unwrap(),
        kind: Kind::Transfer,
        reference: "TXN-987654321".parse().unwrap(),
        counterparty: "Jane Smith".into(),
        description: Some("Monthly rent".into()),
        amount: "5000.00".parse().unwrap(),
        currency: Currency::INR,
        balance_after: "45000.00".parse().unwrap(),
    }
}

#[tokio::test]
async fn a_transfer_is_booked_on_the_senders_account() {
    assert_eq!(booked(fixture!("transaction.completed-seed")).await, transfer());
}

#[tokio::test]
async fn a_standing_order_is_a_transfer_of_its_own_kind() {
    let entry = booked(fixture!("scheduled.transfer-basic")).await;
    assert_eq!((entry.kind, entry.reference.as_str()), (Kind::ScheduledTransfer, "TXN-987650151"));
}

#[tokio::test]
async fn a_bill_is_booked_with_the_billers_reference_and_all_decimals() {
    let entry = booked(fixture!("bill.paid-kwd")).await;
    assert_eq!((entry.kind, entry.reference.as_str()), (Kind::Bill, "PAY-000142"));
    assert_eq!(&**entry.description.as_ref().unwrap(), "Bill KW-4411");
    assert_eq!(entry.amount.0.to_string(), "18.250");
}

#[tokio::test]
async fn an_event_serialized_differently_is_booked() {
    let entry = booked(fixture!("transaction.completed-amount-text")).await;
    assert_eq!(entry.amount.0.to_string(), "5000.00");
    let entry = booked(fixture!("transaction.completed-lone-surrogate")).await;
    assert_eq!(entry.description.as_deref(), Some("Lunch \u{fffd}"));
}

/// DynamoDB refuses items over 400 KB, but a Kafka record may have a megabyte.
#[tokio::test]
async fn a_description_of_any_length_is_booked() {
    let mut payload: Value = serde_json::from_slice(fixture!("transaction.completed-seed")).unwrap();
    let value = &mut payload["records"]["transaction.completed-9"][0]["value"];
    let event = String::from_utf8(BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()).unwrap();
    *value = BASE64_STANDARD.encode(event.replace("Monthly rent", &"ä".repeat(400_000))).into();
    let entry = booked(payload.to_string().as_bytes()).await;
    assert_eq!(entry.description.unwrap().chars().count(), 1_000);
}

#[rstest]
#[case(fixture!("user.login-basic"))]
#[case(fixture!("transaction.failed-basic"))]
#[tokio::test]
async fn an_event_without_a_debit_is_dead_lettered(#[case] payload: &[u8]) {
    let book = MemoryBook::default();
    let harness = Harness::new("bank-ledger", Ledger::new(book.clone()));
    let summary = harness.invoke(payload).await.unwrap();
    assert_eq!(summary.dead_lettered, 1);
    assert_eq!(summary.dead_letters[0].error.error_type, "EventTypeNotHandled");
    assert!(book.0.lock().unwrap().is_empty());
}

async fn book_in_table(client: Client) -> Result<(), HandlerError> {
    DynamoBook::with_client(client, "ledger".to_owned()).book(&transfer()).await
}

#[tokio::test]
async fn an_entry_does_not_overwrite_another() {
    let put = mock!(Client::put_item)
        .match_requests(|request| {
            request.table_name() == Some("ledger")
                && request.item() == Some(&to_item(&transfer()))
                && request.condition_expression() == Some("attribute_not_exists(#entry)")
        })
        .then_output(|| PutItemOutput::builder().build());
    book_in_table(mock_client!(aws_sdk_dynamodb, [&put])).await.unwrap();
    assert_eq!(put.num_calls(), 1);
}

#[tokio::test]
async fn an_entry_that_already_exists_is_done() {
    let there = mock!(Client::put_item).then_error(|| {
        PutItemError::ConditionalCheckFailedException(ConditionalCheckFailedException::builder().build())
    });
    book_in_table(mock_client!(aws_sdk_dynamodb, [&there])).await.unwrap();
    assert_eq!(there.num_calls(), 1);
}

#[tokio::test]
async fn a_busy_table_is_tried_again_later() {
    let busy = mock!(Client::put_item).then_error(|| {
        let code = ErrorMetadata::builder().code("ProvisionedThroughputExceededException").build();
        let exception = ProvisionedThroughputExceededException::builder().meta(code).build();
        PutItemError::ProvisionedThroughputExceededException(exception)
    });
    let error = book_in_table(mock_client!(aws_sdk_dynamodb, [&busy])).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
}
