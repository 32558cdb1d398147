//! The messages for failure destinations.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::slice;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use tidings_trigger::arn::lambda_arn;
use tidings_trigger::{EventSource, Mapping};
use uuid::Uuid;

use super::super::batch::{Condition, Job};
use super::super::connection::Connection;
use super::super::payload::Envelope;
use super::super::record::Record;

/// The fields that all messages of a mapping share.
pub(super) struct Facts {
    function_arn: String,
    event_source_arn: Option<String>,
    bootstrap_servers: String,
    envelope: Envelope,
}

impl Facts {
    pub(super) fn new(spec: &Mapping, connection: &Connection, envelope: Envelope) -> Self {
        Self {
            function_arn: lambda_arn(&spec.function),
            event_source_arn: match &spec.source {
                EventSource::Msk(arn) => Some(arn.clone()),
                EventSource::SelfManagedKafka(_) => None,
            },
            bootstrap_servers: connection.bootstrap_servers.clone(),
            envelope,
        }
    }
}

/// A discarded batch.
pub(super) struct Failure<'a> {
    facts: &'a Facts,
    job: &'a Job,
    condition: Condition,
    pub(super) at: Timestamp,
    request_id: Cow<'a, str>,
}

impl<'a> Failure<'a> {
    pub(super) fn new(facts: &'a Facts, job: &'a Job, condition: Condition, at: Timestamp) -> Self {
        // The message needs a request id even if nothing was invoked.
        let request_id = match &job.last {
            Some(last) => Cow::Borrowed(last.request_id.as_str()),
            None => Cow::Owned(Uuid::new_v4().to_string()),
        };
        Self { facts, job, condition, at, request_id }
    }

    pub(super) fn records(&self) -> &'a [Record] {
        &self.job.records
    }

    /// The first partition, named as in `recordsInfo`.
    pub(super) fn first_partition(&self) -> String {
        let partition = self.records().first().map_or(0, |record| record.position.partition);
        self.facts.envelope.partition_name(partition)
    }

    /// The message for SQS and SNS: metadata of the batch, without its records.
    pub(super) fn metadata(&self) -> serde_json::Result<String> {
        serde_json::to_string(&self.of_batch(None))
    }

    /// The object for S3: the metadata, and the whole event as a string.
    pub(super) fn with_event(&self) -> serde_json::Result<String> {
        let event = self.facts.envelope.payload(self.records()).concat();
        let event = str::from_utf8(&event).map_err(serde::ser::Error::custom)?;
        serde_json::to_string(&self.of_batch(Some(Payload::Text(event))))
    }

    /// The message for a Kafka topic about one record: the metadata, and the event with only this record as JSON.
    ///
    /// Inferred from the documented example, which has `recordInfo` instead of `recordsInfo` and a batch size of 1:
    /// the described batch is the record itself.
    pub(super) fn of_record(&self, record: &Record) -> serde_json::Result<Vec<u8>> {
        let event = self.facts.envelope.payload(slice::from_ref(record)).concat();
        let info = Records::RecordInfo(RecordInfo {
            offset: record.position.offset.to_string(),
            timestamp: record_time(record),
        });
        let mut message = Message {
            batch: self.batch(slice::from_ref(record), info),
            ..self.of_batch(Some(Payload::Json(serde_json::from_slice(&event)?)))
        };
        message.request_context.function_arn = Cow::Owned(format!("{}:$LATEST", self.facts.function_arn));
        if self.condition == Condition::RetryAttemptsExhausted {
            // The documented example for Kafka topics uses this name.
            message.request_context.condition = "RetriesExhausted";
        }
        serde_json::to_vec(&message)
    }

    fn of_batch<'b>(&'b self, payload: Option<Payload<'b>>) -> Message<'b> {
        let records = self.records();
        let info = Records::RecordsInfo(records_info(records, &self.facts.envelope));
        Message {
            request_context: RequestContext {
                request_id: &self.request_id,
                function_arn: Cow::Borrowed(&self.facts.function_arn),
                condition: self.condition.as_str(),
                // Inferred from Kinesis: 1 for records that expired before any invocation.
                approximate_invoke_count: self.job.failures.max(1),
            },
            response_context: self.response_context(),
            version: "1.0",
            timestamp: millis(self.at),
            batch: self.batch(records, info),
            payload,
        }
    }

    fn batch(&self, records: &[Record], info: Records) -> KafkaBatchInfo<'_> {
        KafkaBatchInfo {
            batch_size: records.len(),
            event_source_arn: self.facts.event_source_arn.as_deref(),
            bootstrap_servers: &self.facts.bootstrap_servers,
            payload_size: self.facts.envelope.size(records),
            records: info,
        }
    }

    /// Null for a payload that is too large, as documented. Inferred from Kinesis: absent for expired records, even
    /// after invocations.
    fn response_context(&self) -> Option<ResponseContext<'_>> {
        match (self.condition, &self.job.last) {
            (Condition::RecordAgeExceeded, _) => None,
            (Condition::RetryAttemptsExhausted, Some(last)) => Some(ResponseContext::Answer {
                status_code: last.status,
                executed_version: &last.version,
                function_error: last.function_error.as_deref(),
            }),
            _ => Some(ResponseContext::None),
        }
    }
}

fn records_info(records: &[Record], envelope: &Envelope) -> BTreeMap<String, PartitionInfo> {
    let by_partition = records.chunk_by(|a, b| a.position.partition == b.position.partition);
    by_partition
        .filter_map(|chunk| {
            let (first, last) = (chunk.first()?, chunk.last()?);
            let info = PartitionInfo {
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
    #[serde(skip_serializing_if = "Option::is_none")]
    response_context: Option<ResponseContext<'a>>,
    version: &'a str,
    timestamp: String,
    #[serde(rename = "KafkaBatchInfo")]
    batch: KafkaBatchInfo<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Payload<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    request_id: &'a str,
    function_arn: Cow<'a, str>,
    condition: &'a str,
    approximate_invoke_count: u32,
}

/// `functionError` is null if the function reported the failed records in its response (as for Kinesis).
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum ResponseContext<'a> {
    Answer { status_code: u16, executed_version: &'a str, function_error: Option<&'a str> },
    None,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KafkaBatchInfo<'a> {
    batch_size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_source_arn: Option<&'a str>,
    bootstrap_servers: &'a str,
    payload_size: usize,
    #[serde(flatten)]
    records: Records,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Records {
    RecordsInfo(BTreeMap<String, PartitionInfo>),
    RecordInfo(RecordInfo),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartitionInfo {
    first_record_offset: String,
    last_record_offset: String,
    first_record_timestamp: String,
    last_record_timestamp: String,
}

#[derive(Serialize)]
struct RecordInfo {
    offset: String,
    timestamp: String,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Payload<'a> {
    Text(&'a str),
    Json(&'a RawValue),
}

#[cfg(test)]
mod tests;
