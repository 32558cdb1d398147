//! Tests of failure destinations: the exact messages, and retries of failed deliveries.

pub mod aws;
mod emulator;
pub mod kafka;

use std::cell::Cell;

use axum::http::Method;
use jiff::Timestamp;
use tidings_mapping::batch::{Job, LastAnswer};
use tidings_mapping::destination::{DeliveryError, FailureDestination};
use tidings_mapping::payload::Envelope;
use tidings_mapping::record::Record;
use tidings_mapping::{Condition, Connection, MappingEvent, Position};
use tidings_trigger::Mapping;

use super::bench::{Bench, Reply, spec, whole_batches_of, within};
use aws::Aws;

const TOPIC: &str = "transfer.made";
// In a different region and account than the local ones.
const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:dead-letters";
const SNS_TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:dead-letters";
const BUCKET: &str = "arn:aws:s3:::dead-letters";
const KAFKA: &str = "kafka://dead-letters";

fn destination(on_failure: &str, bootstrap_servers: &str, aws_endpoint: &str) -> FailureDestination {
    let spec = Mapping { on_failure: Some(on_failure.to_owned()), ..spec() };
    let connection = Connection {
        bootstrap_servers: bootstrap_servers.to_owned(),
        invoke_endpoint: String::new(),
        aws_endpoint: aws_endpoint.to_owned(),
    };
    let envelope = Envelope::new(TOPIC, &spec.source, bootstrap_servers);
    FailureDestination::new(reqwest::Client::new(), &spec, &connection, envelope).unwrap().unwrap()
}

fn record(offset: i64, fields: &str) -> Record {
    let json = format!(r#"{{"topic":"{TOPIC}","partition":2,"offset":{offset}{fields}}}"#);
    let place = 0..json.len();
    Record::new(Position { partition: 2, offset }, 0, json.into(), place)
}

fn job(records: Vec<Record>) -> Job {
    let last = LastAnswer {
        request_id: "8a2c".to_owned(),
        status: 200,
        version: "$LATEST".to_owned(),
        function_error: Some("Unhandled".to_owned()),
    };
    Job { batch: 1, records, failures: 2, last: Some(last), deliveries: 0 }
}

async fn deliver(destination: &FailureDestination, job: &Job) -> Result<(), DeliveryError> {
    let at: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
    within(destination.deliver(job, Condition::RetryAttemptsExhausted, at)).await
}

/// The message about one record at offset 7, without its closing brace.
const METADATA: &str = concat!(
    r#"{"requestContext":{"requestId":"8a2c","functionArn":"arn:aws:lambda:us-east-1:000000000000:function:notify","#,
    r#""condition":"RetryAttemptsExhausted","approximateInvokeCount":2},"#,
    r#""responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},"#,
    r#""version":"1.0","timestamp":"2026-01-02T03:04:05.678Z","#,
    r#""KafkaBatchInfo":{"batchSize":1,"eventSourceArn":"arn:aws:kafka:us-east-1:000000000000:cluster/local/1","#,
    r#""bootstrapServers":"b:1","payloadSize":207,"recordsInfo":{"transfer.made-2":{"#,
    r#""firstRecordOffset":"7","lastRecordOffset":"7","#,
    r#""firstRecordTimestamp":"1970-01-01T00:00:00.000Z","lastRecordTimestamp":"1970-01-01T00:00:00.000Z"}}}"#,
);

#[tokio::test]
async fn sqs_gets_the_metadata_by_its_json_protocol() {
    let mut aws = Aws::new().await;
    let destination = destination(QUEUE, "b:1", &aws.endpoint);
    deliver(&destination, &job(vec![record(7, "")])).await.unwrap();
    let request = aws.request().await;
    assert_eq!((&request.method, request.uri.path()), (&Method::POST, "/"));
    assert_eq!(request.header("content-type"), "application/x-amz-json-1.0");
    assert_eq!(request.header("x-amz-target"), "AmazonSQS.SendMessage");
    assert!(request.is_signed_for("us-east-1/sqs"));
    let url = format!("{}/000000000000/dead-letters", aws.endpoint);
    let expected = serde_json::json!({ "QueueUrl": url, "MessageBody": format!("{METADATA}}}") });
    assert_eq!(str::from_utf8(&request.body).unwrap(), expected.to_string());
}

#[tokio::test]
async fn sns_gets_the_metadata_by_its_query_protocol() {
    let mut aws = Aws::new().await;
    let destination = destination(SNS_TOPIC, "b:1", &aws.endpoint);
    deliver(&destination, &job(vec![record(7, "")])).await.unwrap();
    let request = aws.request().await;
    assert_eq!((&request.method, request.uri.path()), (&Method::POST, "/"));
    assert_eq!(request.header("content-type"), "application/x-www-form-urlencoded");
    assert!(request.is_signed_for("us-east-1/sns"));
    let message: String = form_urlencoded::byte_serialize(format!("{METADATA}}}").as_bytes()).collect();
    let arn = "arn%3Aaws%3Asns%3Aus-east-1%3A000000000000%3Adead-letters";
    assert_eq!(
        str::from_utf8(&request.body).unwrap(),
        format!("Action=Publish&Version=2010-03-31&TopicArn={arn}&Message={message}")
    );
}

#[tokio::test]
async fn s3_gets_an_object_with_the_whole_event() {
    let mut aws = Aws::new().await;
    let destination = destination(BUCKET, "b:1", &aws.endpoint);
    deliver(&destination, &job(vec![record(7, "")])).await.unwrap();
    let request = aws.request().await;
    assert_eq!(request.method, Method::PUT);
    assert!(request.is_signed_for("us-east-1/s3"));
    let object =
        "/dead-letters/aws/lambda/notify-transfer.made/transfer.made-2/2026/01/02/2026-01-02T03.04.05-";
    let random = request.uri.path().strip_prefix(object).unwrap_or_else(|| panic!("{}", request.uri));
    assert!(uuid::Uuid::parse_str(random).is_ok(), "{random}");
    let event = concat!(
        r#"{"eventSource":"aws:kafka","eventSourceArn":"arn:aws:kafka:us-east-1:000000000000:cluster/local/1","#,
        r#""bootstrapServers":"b:1","records":{"transfer.made-2":["#,
        r#"{"topic":"transfer.made","partition":2,"offset":7}]}}"#
    );
    let expected = format!(r#"{METADATA},"payload":"{}"}}"#, event.replace('"', r#"\""#));
    assert_eq!(str::from_utf8(&request.body).unwrap(), expected);
}

#[tokio::test]
async fn a_destination_that_rejects_or_disconnects_is_an_error() {
    for arn in [QUEUE, SNS_TOPIC, BUCKET] {
        let aws = Aws::failing_first(1, &[500]).await;
        let destination = destination(arn, "b:1", &aws.endpoint);
        let job = job(vec![record(7, "")]);
        assert!(matches!(deliver(&destination, &job).await, Err(DeliveryError::Unreachable(_))));
        let refused = deliver(&destination, &job).await.unwrap_err();
        assert!(matches!(&refused, DeliveryError::Refused { status: 500, code } if code == "InternalError"));
        deliver(&destination, &job).await.unwrap();
    }
}

fn to(on_failure: &str, spec: Mapping) -> Mapping {
    Mapping { on_failure: Some(on_failure.to_owned()), ..spec }
}

#[tokio::test]
async fn an_exhausted_batch_goes_to_the_failure_destination() {
    let replies = [Reply::error(), Reply::failures(&[(0, 1)]), Reply::ok()];
    let (mut bench, mut aws) = (Bench::new(1, replies).await, Aws::new().await);
    bench.publish(0, "a").await;
    bench.publish(0, "b").await;
    let retried_once = Mapping { maximum_retry_attempts: Some(1), ..to(QUEUE, whole_batches_of(2)) };
    let mapping = bench.start_with_aws(&retried_once, &aws.endpoint);
    let body = aws.message().await;
    let context = &body["requestContext"];
    assert_eq!(context["condition"], "RetryAttemptsExhausted");
    assert_eq!(context["approximateInvokeCount"], 2);
    assert_eq!(context["requestId"], "8a2c");
    assert!(body["responseContext"]["functionError"].is_null(), "the last invocation listed its failures");
    assert_eq!(body["KafkaBatchInfo"]["batchSize"], 1, "the record that was settled is not in it");
    assert_eq!(
        body["KafkaBatchInfo"]["recordsInfo"][format!("{}-0", bench.topic)],
        serde_json::json!({
            "firstRecordOffset": "1", "lastRecordOffset": "1",
            "firstRecordTimestamp": "2018-12-17T22:10:50.987Z", "lastRecordTimestamp": "2018-12-17T22:10:50.987Z",
        })
    );
    within(mapping.settled()).await.unwrap();
    assert_eq!(bench.invoked().await.len(), 2);
    assert_eq!(bench.invoked().await.len(), 2);
    bench.no_more_invocations();
}

#[tokio::test]
async fn a_batch_waits_for_a_destination_that_is_down_at_first() {
    let mut bench = Bench::new(1, [Reply::error(), Reply::ok()]).await;
    let mut aws = Aws::failing_first(1, &[503, 429]).await;
    bench.publish(0, "a").await;
    let tried_once = Mapping { maximum_retry_attempts: Some(0), ..to(QUEUE, spec()) };
    let mapping = bench.start_with_aws(&tried_once, &aws.endpoint);
    for _ in 0..3 {
        assert_eq!(aws.message().await["KafkaBatchInfo"]["batchSize"], 1);
    }
    within(mapping.settled()).await.unwrap();
    bench.publish(0, "b").await;
    within(mapping.settled()).await.unwrap();
    let delivered = Cell::new(0);
    bench
        .event(|event| {
            delivered.set(delivered.get() + u32::from(matches!(event, MappingEvent::Delivered { .. })));
            matches!(event, MappingEvent::Succeeded { .. })
        })
        .await;
    assert_eq!(delivered.get(), 1);
    assert!(aws.requests.try_recv().is_err());
    assert_eq!(bench.invoked().await, [(0, 0)]);
    assert_eq!(bench.invoked().await, [(0, 1)]);
}

#[tokio::test]
async fn a_batch_that_its_destination_rejects_permanently_is_dropped() {
    let mut bench = Bench::new(1, [Reply::error(), Reply::ok()]).await;
    let mut aws = Aws::failing_first(0, &[404]).await;
    bench.publish(0, "a").await;
    let tried_once = Mapping { maximum_retry_attempts: Some(0), ..to(QUEUE, spec()) };
    let mapping = bench.start_with_aws(&tried_once, &aws.endpoint);
    let failed = bench.event(|event| matches!(event, MappingEvent::DeliveryFailed { .. })).await;
    assert!(format!("{failed:?}").contains("404"), "{failed:?}");
    let records = vec![Position { partition: 0, offset: 0 }];
    let dropped = MappingEvent::Dropped { condition: Condition::RetryAttemptsExhausted, records };
    bench.event(|event| *event == dropped).await;
    within(mapping.settled()).await.unwrap();
    bench.publish(0, "b").await;
    within(mapping.settled()).await.unwrap();
    assert_eq!(bench.invoked().await, [(0, 0)]);
    assert_eq!(bench.invoked().await, [(0, 1)]);
    aws.request().await;
    assert!(aws.requests.try_recv().is_err());
}

#[tokio::test]
async fn a_record_too_large_for_a_payload_goes_to_the_failure_destination() {
    let (mut bench, mut aws) = (Bench::new(1, [Reply::ok()]).await, Aws::new().await);
    bench.publish(0, &"x".repeat(4_800_000)).await;
    bench.publish(0, "small").await;
    let mapping = bench.start_with_aws(&to(QUEUE, spec()), &aws.endpoint);
    let body = aws.message().await;
    assert_eq!(body["requestContext"]["condition"], "MaximumPayloadSizeExceeded");
    assert!(body["responseContext"].is_null() && body.as_object().unwrap().contains_key("responseContext"));
    assert_eq!(bench.invoked().await, [(0, 1)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}
