//! A mapping's system log: JSON lines like those that Lambda sends to `CloudWatch`.
//!
//! Documented (AWS Lambda developer guide, "Kafka event source mapping logging",
//! <https://docs.aws.amazon.com/lambda/latest/dg/esm-logging.html>): the three event types with their levels, fields
//! and times. Chosen: a mapping without a level logs warnings, so that failures are visible; the mapping's id
//! replaces the UUID; error codes that are not Lambda's; `kafkaBatchInfo`, `requestId` and `eventPollers`. Fields are
//! left out for things that do not exist locally (networks, SASL) or are not part of the events (brokers, the topic's
//! number of partitions). Keys and values of records are never logged.

mod entry;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tidings_mapping::{FunctionFailure, MappingEvent, PartitionLag, Position};
use tidings_trigger::arn::{ACCOUNT_ID, REGION};
use tidings_trigger::{EventSource, LogLevel, Mapping};

use self::entry::{BatchInfo, Connection, Entry, Fault, PartitionOffsets};
use super::extent::Extent;
use super::metrics::Metrics;

/// How often a partition's offsets are logged (documented).
const OFFSETS_EVERY: Duration = Duration::from_mins(1);

/// Writes one mapping's log.
pub(super) struct EventLog {
    level: LogLevel,
    resource_arn: String,
    event_source_arn: Option<String>,
    event_processor_id: String,
    mapping: String,
    topic: String,
    consumer_group_id: String,
    assigned: Vec<i32>,
    /// The number of assignments so far.
    generation: u32,
    offsets_logged: Option<Timestamp>,
}

impl EventLog {
    pub(super) fn new(spec: &Mapping) -> Self {
        let id = &spec.id;
        Self {
            level: spec.log_level.unwrap_or(LogLevel::Warn),
            resource_arn: format!("arn:aws:lambda:{REGION}:{ACCOUNT_ID}:event-source-mapping:{id}"),
            event_source_arn: match &spec.source {
                EventSource::Msk(arn) => Some(arn.clone()),
                EventSource::SelfManagedKafka(_) => None,
            },
            event_processor_id: format!("{id}/0"),
            mapping: id.clone(),
            topic: spec.topic.clone(),
            consumer_group_id: spec.consumer_group_id.clone(),
            assigned: Vec::new(),
            generation: 0,
            offsets_logged: None,
        }
    }

    /// The log lines for an event. `before` are the metrics before it.
    pub(super) fn lines(
        &mut self,
        event: &MappingEvent,
        before: &Metrics,
        now: impl Fn() -> Timestamp,
    ) -> Vec<String> {
        match event {
            MappingEvent::Started => self.poller_status(before.initial_pollers, now()),
            MappingEvent::Assigned(partitions) => {
                self.generation += 1;
                self.assigned.clone_from(partitions);
                self.poller_status(before.pollers, now())
            }
            MappingEvent::Scaled { pollers } => self.poller_status(*pollers, now()),
            MappingEvent::Stopped { .. } => {
                self.assigned.clear();
                self.poller_status(0, now())
            }
            MappingEvent::Lag(lags) => self.offsets(lags, before, now()),
            failure => match self.fault(failure, before) {
                None => Vec::new(),
                Some((error, batch)) => vec![self.warning(error, batch, now())],
            },
        }
    }

    fn poller_status(&self, pollers: u32, now: Timestamp) -> Vec<String> {
        if self.level < LogLevel::Info {
            return Vec::new();
        }
        let connection = Connection {
            consumer_id: &self.mapping,
            topics: [&self.topic],
            consumer_group_id: &self.consumer_group_id,
            security_protocol: "PLAINTEXT",
            assigned_partition_count: self.assigned.len(),
            partitions_assignment_generation: self.generation,
            assigned_partitions: self.assigned.iter().map(|number| self.partition(*number)).collect(),
        };
        let entry = self.entry("POLLER_STATUS_EVENT", "INFO", now);
        vec![
            Entry { kafka_event_source_connection: Some(connection), event_pollers: Some(pollers), ..entry }
                .line(),
        ]
    }

    fn offsets(&mut self, lags: &[PartitionLag], metrics: &Metrics, now: Timestamp) -> Vec<String> {
        let every = SignedDuration::try_from(OFFSETS_EVERY).unwrap_or(SignedDuration::MAX);
        let due = self.offsets_logged.is_none_or(|last| now.duration_since(last) >= every);
        if self.level < LogLevel::Debug || lags.is_empty() || !due {
            return Vec::new();
        }
        self.offsets_logged = Some(now);
        let line = |lag: &PartitionLag| {
            let known = metrics.partitions.get(&lag.partition).copied().unwrap_or_default();
            let offsets = PartitionOffsets {
                partition: self.partition(lag.partition),
                // The lag is the difference between the end offset and the committed offset.
                end_offset: known.committed.and_then(|offset| offset.checked_add_unsigned(lag.lag)),
                consumed_offset: known.consumed,
                processed_offset: known.processed,
                committed_offset: known.committed,
            };
            let entry = self.entry("KAFKA_STATUS_EVENT", "DEBUG", now);
            Entry { kafka_partition_offsets: Some(offsets), ..entry }.line()
        };
        lags.iter().map(line).collect()
    }

    fn warning(&self, error: Fault<'_>, batch: Option<BatchInfo>, now: Timestamp) -> String {
        let entry = self.entry("ESM_PROCESSING_EVENT", "WARN", now);
        Entry { error: Some(error), kafka_batch_info: batch, ..entry }.line()
    }

    /// The fault in an event, and the affected records.
    fn fault<'e>(&self, event: &'e MappingEvent, before: &Metrics) -> Option<(Fault<'e>, Option<BatchInfo>)> {
        let of = |records: &[Position]| Some(self.batch_info(&Extent::of(records)));
        let in_flight = |batch| before.in_flight.get(batch).map(|extent| self.batch_info(extent));
        Some(match event {
            MappingEvent::FunctionFailed { records, request_id, failure, .. } => {
                let (code, message) = function_failure(*failure);
                (Fault { request_id: Some(request_id), ..Fault::new(code, message) }, of(records))
            }
            MappingEvent::Throttled { batch } => {
                let message = "The function was throttled; the invocation will be retried";
                // The error code of Lambda's Invoke API.
                (Fault::new("TooManyRequestsException", message), in_flight(batch))
            }
            MappingEvent::NotInvoked { batch, reason } => {
                (Fault::new("InvokeError", reason), in_flight(batch))
            }
            MappingEvent::Delivered { condition, records } => {
                let message = "The records were discarded and sent to the failure destination";
                (Fault::new(condition.as_str(), message), of(records))
            }
            MappingEvent::Dropped { condition, records } => {
                let message = "The records were dropped: no failure destination received them";
                (Fault::new(condition.as_str(), message), of(records))
            }
            MappingEvent::DeliveryFailed { records, reason } => {
                (Fault::new("OnFailureDestinationDeliveryError", reason), of(records))
            }
            MappingEvent::CommitFailed { reason } => (Fault::new("CommitError", reason), None),
            MappingEvent::KafkaFailed { reason } => (Fault::new("PollingError", reason), None),
            _ => return None,
        })
    }

    fn batch_info(&self, extent: &Extent) -> BatchInfo {
        let range = |(partition, range): (&i32, &(i64, i64))| (self.partition(*partition), (*range).into());
        BatchInfo { batch_size: extent.records, records_info: extent.offsets.iter().map(range).collect() }
    }

    fn partition(&self, number: i32) -> String {
        format!("{}-{number}", self.topic)
    }

    fn entry(&self, event_type: &'static str, log_level: &'static str, now: Timestamp) -> Entry<'_> {
        Entry {
            event_type,
            timestamp: now.as_millisecond(),
            resource_arn: &self.resource_arn,
            event_source_arn: self.event_source_arn.as_deref(),
            event_processor_id: &self.event_processor_id,
            log_level,
            error: None,
            kafka_batch_info: None,
            kafka_event_source_connection: None,
            event_pollers: None,
            kafka_partition_offsets: None,
        }
    }
}

/// The error code and message. The codes with a dot are Lambda's.
fn function_failure(failure: FunctionFailure) -> (&'static str, &'static str) {
    match failure {
        FunctionFailure::Error => ("FunctionError", "The function failed"),
        FunctionFailure::Timeout => ("Sandbox.Timedout", "The function timed out"),
        FunctionFailure::Crash => ("Runtime.ExitError", "The function's process exited"),
        FunctionFailure::ResponseTooLarge => {
            ("Function.ResponseSizeTooLarge", "The function's response is larger than Lambda allows")
        }
        FunctionFailure::BadResponse => {
            ("InvalidBatchResponse", "The function's response is not a valid batch response for this batch")
        }
        FunctionFailure::Listed => {
            ("BatchItemFailures", "The function's batch response lists failed records")
        }
    }
}
