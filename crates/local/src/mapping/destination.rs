//! Failure destinations: where the facts about a batch go that was given up.
//!
//! Source of the message: the AWS Lambda developer guide, "Capturing discarded batches for Amazon MSK".

use std::collections::BTreeMap;

use jiff::Timestamp;
use reqwest::Client;
use serde::Serialize;

use super::MappingError;
use super::batch::{Condition, Job};
use super::payload::Envelope;
use super::record::Record;

/// An SQS queue as failure destination.
#[derive(Clone, Debug)]
pub struct FailureQueue {
    client: Client,
    endpoint: String,
    url: String,
}

/// A queue did not take a message.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// It could not be reached.
    #[error("the failure destination's endpoint cannot be reached: {0}")]
    Unreachable(reqwest::Error),
    /// It answered with an error.
    #[error("the failure destination refused the message with HTTP status {0}")]
    Refused(u16),
}

impl FailureQueue {
    /// The queue of an ARN, reached through an endpoint that speaks SQS's JSON protocol.
    pub fn new(client: Client, endpoint: &str, arn: &str) -> Result<Self, MappingError> {
        let unusable = |reason| MappingError::Destination { destination: arn.to_owned(), reason };
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", _, service, _, account, name] = parts[..] else {
            return Err(unusable(match arn.split_once("://") {
                Some(("kafka", _)) => "Kafka topics are not supported yet; use an SQS queue's ARN",
                _ => "it is not an ARN; use an SQS queue's ARN",
            }));
        };
        if service != "sqs" {
            return Err(unusable("only SQS queues are supported yet; use an SQS queue's ARN"));
        }
        if name.rsplit_once('.').is_some_and(|(_, ending)| ending == "fifo") {
            return Err(unusable("Lambda takes no FIFO queue as failure destination; use a standard queue"));
        }
        let endpoint = endpoint.trim_end_matches('/');
        Ok(Self { client, endpoint: format!("{endpoint}/"), url: format!("{endpoint}/{account}/{name}") })
    }

    /// Sends a message; it is safe in the queue when this succeeds.
    pub async fn deliver(&self, message: &str) -> Result<(), DeliveryError> {
        let body = serde_json::json!({ "QueueUrl": self.url, "MessageBody": message });
        let response = self
            .client
            .post(&self.endpoint)
            .header("Content-Type", "application/x-amz-json-1.0")
            .header("X-Amz-Target", "AmazonSQS.SendMessage")
            .header("Authorization", authorization())
            .body(body.to_string())
            .send()
            .await
            .map_err(|error| DeliveryError::Unreachable(error.without_url()))?;
        let status = response.status();
        if status.is_success() { Ok(()) } else { Err(DeliveryError::Refused(status.as_u16())) }
    }
}

/// Emulators route by the credential scope and check no signature.
fn authorization() -> String {
    let date = Timestamp::now().strftime("%Y%m%d");
    format!(
        "AWS4-HMAC-SHA256 Credential=event-source-mapping.0/{date}/us-east-1/sqs/aws4_request, \
         SignedHeaders=host, Signature=none"
    )
}

/// What the messages of one mapping have in common.
#[derive(Clone, Debug)]
pub struct Story {
    /// The function's ARN.
    pub function_arn: String,
    /// The event source's ARN.
    pub event_source_arn: Option<String>,
    /// The brokers.
    pub bootstrap_servers: String,
}

impl Story {
    /// The message about a batch that was given up, as SQS and SNS get it.
    #[must_use]
    pub fn message(&self, job: &Job, condition: Condition, envelope: &Envelope, at: Timestamp) -> String {
        let answered =
            if condition == Condition::MaximumPayloadSizeExceeded { None } else { job.last.as_ref() };
        let message = Message {
            request_context: RequestContext {
                request_id: job
                    .last
                    .as_ref()
                    .map_or_else(|| uuid::Uuid::new_v4().to_string(), |last| last.request_id.clone()),
                function_arn: &self.function_arn,
                condition: condition.as_str(),
                approximate_invoke_count: job.failures,
            },
            response_context: answered.map(|last| ResponseContext {
                status_code: last.status,
                executed_version: &last.version,
                function_error: last.function_error.as_deref(),
            }),
            version: "1.0",
            timestamp: millis(at),
            batch: KafkaBatchInfo {
                batch_size: job.records.len(),
                event_source_arn: self.event_source_arn.as_deref(),
                bootstrap_servers: &self.bootstrap_servers,
                payload_size: envelope.size(&job.records),
                records_info: records_info(&job.records, envelope),
            },
        };
        // Strings, numbers and maps with string keys: nothing that serialising can refuse.
        serde_json::to_string(&message).unwrap_or_default()
    }
}

fn records_info(records: &[Record], envelope: &Envelope) -> BTreeMap<String, RecordsInfo> {
    let by_partition = records.chunk_by(|a, b| a.position.partition == b.position.partition);
    by_partition
        .filter_map(|chunk| {
            let (first, last) = (chunk.first()?, chunk.last()?);
            let info = RecordsInfo {
                first_record_offset: first.position.offset.to_string(),
                last_record_offset: last.position.offset.to_string(),
                first_record_timestamp: record_time(first),
                last_record_timestamp: record_time(last),
            };
            Some((envelope.partition_name(first.position.partition), info))
        })
        .collect()
}

fn record_time(record: &Record) -> String {
    millis(Timestamp::from_millisecond(record.timestamp).unwrap_or(Timestamp::UNIX_EPOCH))
}

fn millis(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    request_context: RequestContext<'a>,
    response_context: Option<ResponseContext<'a>>,
    version: &'a str,
    timestamp: String,
    #[serde(rename = "KafkaBatchInfo")]
    batch: KafkaBatchInfo<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    request_id: String,
    function_arn: &'a str,
    condition: &'a str,
    approximate_invoke_count: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseContext<'a> {
    status_code: u16,
    executed_version: &'a str,
    function_error: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KafkaBatchInfo<'a> {
    batch_size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_source_arn: Option<&'a str>,
    bootstrap_servers: &'a str,
    payload_size: usize,
    records_info: BTreeMap<String, RecordsInfo>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordsInfo {
    first_record_offset: String,
    last_record_offset: String,
    first_record_timestamp: String,
    last_record_timestamp: String,
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::batch::LastAnswer;
    use super::super::record::Position;
    use super::*;
    use crate::template::EventSource;

    fn job(last: Option<LastAnswer>) -> Job {
        let record = |partition, offset, timestamp| Record {
            position: Position { partition, offset },
            timestamp,
            json: Bytes::from_static(b"{}"),
        };
        let records = vec![record(0, 100, 0), record(0, 120, 1500), record(3, 7, -1)];
        Job { batch: 1, records, failures: 11, last }
    }

    fn message(job: &Job, condition: Condition) -> String {
        let story = Story {
            function_arn: "arn:aws:lambda:us-east-1:000000000000:function:email".to_owned(),
            event_source_arn: Some("arn:aws:kafka:x".to_owned()),
            bootstrap_servers: "b:1".to_owned(),
        };
        let envelope = Envelope::new("t", &EventSource::Msk("arn:aws:kafka:x".to_owned()), "b:1");
        story.message(job, condition, &envelope, Timestamp::from_millisecond(1_767_225_600_000).unwrap())
    }

    #[test]
    fn the_message_is_the_documented_one() {
        let last = LastAnswer {
            request_id: "r-1".to_owned(),
            status: 200,
            version: "$LATEST".to_owned(),
            function_error: Some("Unhandled".to_owned()),
        };
        assert_eq!(
            message(&job(Some(last)), Condition::RetryAttemptsExhausted),
            concat!(
                r#"{"requestContext":{"requestId":"r-1","functionArn":"arn:aws:lambda:us-east-1:000000000000:function:email","#,
                r#""condition":"RetryAttemptsExhausted","approximateInvokeCount":11},"#,
                r#""responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},"#,
                r#""version":"1.0","timestamp":"2026-01-01T00:00:00.000Z","#,
                r#""KafkaBatchInfo":{"batchSize":3,"eventSourceArn":"arn:aws:kafka:x","bootstrapServers":"b:1","#,
                r#""payloadSize":124,"recordsInfo":{"#,
                r#""t-0":{"firstRecordOffset":"100","lastRecordOffset":"120","#,
                r#""firstRecordTimestamp":"1970-01-01T00:00:00.000Z","lastRecordTimestamp":"1970-01-01T00:00:01.500Z"},"#,
                r#""t-3":{"firstRecordOffset":"7","lastRecordOffset":"7","#,
                r#""firstRecordTimestamp":"1969-12-31T23:59:59.999Z","lastRecordTimestamp":"1969-12-31T23:59:59.999Z"}}}}"#
            )
        );
    }

    #[test]
    fn a_record_too_large_has_no_response() {
        let message = message(&job(None), Condition::MaximumPayloadSizeExceeded);
        let message: serde_json::Value = serde_json::from_str(&message).unwrap();
        assert_eq!(message["requestContext"]["condition"], "MaximumPayloadSizeExceeded");
        assert!(message["responseContext"].is_null());
        assert!(message.as_object().unwrap().contains_key("responseContext"));
    }

    #[test]
    fn destinations_that_are_not_taken_are_named() {
        for (arn, why) in [
            ("kafka://failures", "Kafka topics are not supported yet"),
            ("arn:aws:sns:us-east-1:000000000000:topic", "only SQS"),
            ("arn:aws:s3:::bucket", "only SQS"),
            ("arn:aws:sqs:us-east-1:000000000000:q.fifo", "FIFO"),
            ("queue", "not an ARN"),
        ] {
            let error = FailureQueue::new(Client::new(), "http://127.0.0.1:1", arn).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains(arn), "{error}");
        }
    }
}
