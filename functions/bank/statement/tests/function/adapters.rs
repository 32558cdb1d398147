//! Tests of the adapters to DynamoDB, S3 and Kafka, with stand-ins for the services.

use std::collections::HashMap;

use crate::support::entry;
use aws_sdk_dynamodb::{
    operation::query::{QueryError, QueryOutput},
    types::{AttributeValue, error::ProvisionedThroughputExceededException},
};
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use bank_statement::{
    announce::publisher,
    ledger::{DynamoLedger, Ledger, MAX_ENTRIES},
    store::{S3Store, Store},
};
use rstest::rstest;
use tidings_consumer::{HandlerError, SettingError, Settings};
use tidings_events::EventId;
use tidings_ledger_table::{Entry, to_item};

type Item = HashMap<String, AttributeValue>;

async fn read(client: aws_sdk_dynamodb::Client) -> Result<Vec<Entry>, HandlerError> {
    let ledger = DynamoLedger::with_client(client, "ledger".to_owned());
    let (first, end) = ("2025-01-01T00:00:00Z".parse().unwrap(), "2025-02-01T00:00:00Z".parse().unwrap());
    ledger.entries(&"ACC123456".parse().unwrap(), first, end).await
}

fn page(items: Vec<Item>, last: Option<Item>) -> QueryOutput {
    QueryOutput::builder().set_items(Some(items)).set_last_evaluated_key(last).build()
}

#[tokio::test]
async fn the_ledger_is_read_page_by_page() {
    let key = || Item::from([("entry".to_owned(), AttributeValue::S("2".to_owned()))]);
    let first = mock!(aws_sdk_dynamodb::Client::query)
        .match_requests(|request| {
            request.table_name() == Some("ledger")
                && request.consistent_read() == Some(true)
                && request.exclusive_start_key().is_none()
        })
        .then_output(move || page(vec![to_item(&entry(0)), to_item(&entry(1))], Some(key())));
    let second = mock!(aws_sdk_dynamodb::Client::query)
        .match_requests(move |request| request.exclusive_start_key() == Some(&key()))
        .then_output(|| page(vec![to_item(&entry(2))], None));
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&first, &second]);
    assert_eq!(read(client).await.unwrap(), [entry(0), entry(1), entry(2)]);
}

/// At the same time, the table's keys are in the order of event ids, which is not the order of publication.
#[tokio::test]
async fn entries_of_the_same_time_are_in_the_order_of_their_publication() {
    let at = |offset| Entry { timestamp: entry(0).timestamp, offset, ..entry(0) };
    let ids = ["EVT-a", "EVT-b", "EVT-c"].map(|id| id.parse::<EventId>().unwrap());
    let stored =
        [30, 10, 20].into_iter().zip(&ids).map(|(offset, id)| Entry { event_id: id.clone(), ..at(offset) });
    let items: Vec<_> = stored.map(|entry| to_item(&entry)).collect();
    let query = mock!(aws_sdk_dynamodb::Client::query).then_output(move || page(items.clone(), None));
    let entries = read(mock_client!(aws_sdk_dynamodb, [&query])).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.offset).collect::<Vec<_>>(), [10, 20, 30]);
}

#[tokio::test]
async fn more_entries_than_a_statement_holds_are_refused_permanently() {
    let key = || Item::from([("entry".to_owned(), AttributeValue::S("2".to_owned()))]);
    let many = mock!(aws_sdk_dynamodb::Client::query)
        .then_output(move || page(vec![to_item(&entry(0)); MAX_ENTRIES + 1], Some(key())));
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&many]);
    let error = read(client).await.map(|entries| entries.len()).unwrap_err();
    assert_eq!(error.failure().error_type, "TooManyEntries");
    assert!(!error.is_retryable());
    // The rest is not even read.
    assert_eq!(many.num_calls(), 1);
}

#[tokio::test]
async fn an_unreadable_item_is_permanent_and_a_busy_table_is_not() {
    let mut item = to_item(&entry(0));
    item.remove("amount");
    let broken = mock!(aws_sdk_dynamodb::Client::query).then_output(move || page(vec![item.clone()], None));
    let error = read(mock_client!(aws_sdk_dynamodb, [&broken])).await.unwrap_err();
    assert_eq!(error.failure().error_type, "LedgerItemUnreadable");
    assert!(!error.is_retryable());

    let busy = mock!(aws_sdk_dynamodb::Client::query).then_error(|| {
        let code = aws_sdk_dynamodb::error::ErrorMetadata::builder()
            .code("ProvisionedThroughputExceededException")
            .build();
        let exception = ProvisionedThroughputExceededException::builder().meta(code).build();
        QueryError::ProvisionedThroughputExceededException(exception)
    });
    let error = read(mock_client!(aws_sdk_dynamodb, [&busy])).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
}

#[tokio::test]
async fn a_statement_is_stored_with_its_type_and_event_id() {
    let put = mock!(aws_sdk_s3::Client::put_object)
        .match_requests(|request| {
            let id = request.metadata().and_then(|metadata| metadata.get("event-id"));
            request.bucket() == Some("statements-bucket")
                && request.key() == Some("statements/A/1.pdf")
                && request.content_type() == Some("application/pdf")
                && request.body().bytes() == Some(b"%PDF")
                && id.map(String::as_str) == Some("EVT-1")
        })
        .then_output(|| PutObjectOutput::builder().build());
    let client = mock_client!(aws_sdk_s3, [&put]);
    let store = S3Store::with_client(client, "statements-bucket".to_owned());
    assert_eq!(store.bucket(), "statements-bucket");
    store.put("statements/A/1.pdf", b"%PDF".to_vec(), &"EVT-1".parse().unwrap()).await.unwrap();
    assert_eq!(put.num_calls(), 1);
}

#[rstest]
#[case(&[("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1"), ("KAFKA_AUTH", "none")], None)]
#[case(&[("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1"), ("KAFKA_AUTH", "iam"), ("AWS_REGION", "x")], None)]
#[case(&[("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1"), ("KAFKA_AUTH", "iam")], Some("AWS_REGION"))]
#[case(&[("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1"), ("KAFKA_AUTH", "scram")], Some("KAFKA_AUTH"))]
#[case(&[("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")], Some("KAFKA_AUTH"))]
#[case(&[("KAFKA_AUTH", "none")], Some("KAFKA_BOOTSTRAP_SERVERS"))]
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_kafka_setting_is_named(
    #[case] settings: &'static [(&'static str, &'static str)],
    #[case] wrong: Option<&str>,
) {
    let settings: Settings = settings.iter().copied().collect();
    let named = publisher(&settings).err().map(|error| match error {
        SettingError::Missing(name) | SettingError::Invalid { name, .. } => name,
    });
    assert_eq!(named.as_deref(), wrong);
}
