//! The format of a log line.

use std::collections::BTreeMap;

use serde::Serialize;

/// A log line. Fields without a value are left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry<'a> {
    pub(super) event_type: &'static str,
    /// Milliseconds since the epoch.
    pub(super) timestamp: i64,
    pub(super) resource_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event_source_arn: Option<&'a str>,
    pub(super) event_processor_id: &'a str,
    pub(super) log_level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<Fault<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kafka_batch_info: Option<BatchInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kafka_event_source_connection: Option<Connection<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event_pollers: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kafka_partition_offsets: Option<PartitionOffsets>,
}

impl Entry<'_> {
    pub(super) fn line(&self) -> String {
        // Cannot fail, because it contains only strings, numbers and maps with string keys.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The field `error` of a warning.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fault<'a> {
    pub(super) error_message: &'a str,
    pub(super) error_code: &'a str,
    /// The invocation's request id, if there was an invocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<&'a str>,
}

impl<'a> Fault<'a> {
    pub(super) fn new(error_code: &'a str, error_message: &'a str) -> Self {
        Self { error_message, error_code, request_id: None }
    }
}

/// The field `kafkaBatchInfo`: the affected records, named as in a failure destination's message.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchInfo {
    pub(super) batch_size: u64,
    /// The range of offsets by partition (`{topic}-{number}`).
    pub(super) records_info: BTreeMap<String, OffsetRange>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OffsetRange {
    first_record_offset: i64,
    last_record_offset: i64,
}

impl From<(i64, i64)> for OffsetRange {
    fn from((first_record_offset, last_record_offset): (i64, i64)) -> Self {
        Self { first_record_offset, last_record_offset }
    }
}

/// The field `kafkaEventSourceConnection`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Connection<'a> {
    pub(super) consumer_id: &'a str,
    pub(super) topics: [&'a str; 1],
    pub(super) consumer_group_id: &'a str,
    pub(super) security_protocol: &'static str,
    pub(super) assigned_partition_count: usize,
    pub(super) partitions_assignment_generation: u32,
    pub(super) assigned_partitions: Vec<String>,
}

/// The field `kafkaPartitionOffsets`. Unknown offsets are left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PartitionOffsets {
    pub(super) partition: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_offset: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) consumed_offset: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) processed_offset: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) committed_offset: Option<i64>,
}
