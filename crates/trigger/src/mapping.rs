//! The settings of an event source mapping.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::filter::Pattern;

/// The largest event of a synchronous invocation, in bytes ([quotas]). A response may be 100 bytes larger.
///
/// [quotas]: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
pub const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// An event source mapping, which delivers the records of one topic to one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// `{function}-{topic}`.
    pub id: String,
    /// The function's name.
    pub function: String,
    /// The Kafka cluster.
    pub source: EventSource,
    /// The topic's name.
    pub topic: String,
    /// The most records in one invocation.
    pub batch_size: usize,
    /// How long a batch may wait for more records.
    pub batching_window: Duration,
    /// Where a consumer group without committed offsets starts.
    pub starting_position: StartingPosition,
    /// The Kafka consumer group. Defaults to the mapping's id.
    pub consumer_group_id: String,
    /// Whether the mapping polls.
    pub enabled: bool,
    /// The pollers in provisioned mode; `None` for on-demand mode.
    pub provisioned: Option<Pollers>,
    /// `MaximumRetryAttempts`; `None` is -1, no limit. With [`Mapping::on_failure`], Lambda uses 10 instead of -1.
    pub maximum_retry_attempts: Option<u32>,
    /// `MaximumRecordAgeInSeconds`: older records are discarded; `None` is -1, no limit.
    pub maximum_record_age: Option<Duration>,
    /// Whether a failed batch is split in two before it is retried.
    pub bisect_on_function_error: bool,
    /// Whether the function's `batchItemFailures` are evaluated.
    pub report_batch_item_failures: bool,
    /// The on-failure destination of discarded records: an ARN, or `kafka://topic`.
    pub on_failure: Option<String>,
    /// `FilterCriteria`: a record reaches the function if one of the patterns accepts it, or if there is none.
    pub filters: Vec<Pattern>,
    /// `LoggingConfig.SystemLogLevel`; with `None`, AWS logs nothing.
    pub log_level: Option<LogLevel>,
    /// `MetricsConfig.Metrics`: the metric groups emitted in addition to `OffsetLag`.
    pub metrics: BTreeSet<MetricGroup>,
}

impl Mapping {
    /// An on-demand mapping with Lambda's defaults (API reference, `CreateEventSourceMapping`).
    #[must_use]
    pub fn new(
        function: &str,
        topic: &str,
        source: EventSource,
        starting_position: StartingPosition,
    ) -> Self {
        let id = format!("{function}-{topic}");
        Self {
            consumer_group_id: id.clone(),
            id,
            function: function.to_owned(),
            source,
            topic: topic.to_owned(),
            batch_size: 100,
            batching_window: Duration::from_millis(500),
            starting_position,
            enabled: true,
            provisioned: None,
            maximum_retry_attempts: None,
            maximum_record_age: None,
            bisect_on_function_error: false,
            report_batch_item_failures: false,
            on_failure: None,
            filters: Vec::new(),
            log_level: None,
            metrics: BTreeSet::new(),
        }
    }
}

/// The cluster that a mapping reads from, as identified in payloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventSource {
    /// Amazon MSK, by the cluster's ARN.
    Msk(String),
    /// Any other Kafka cluster, by its brokers.
    SelfManagedKafka(Vec<String>),
}

/// The log level of an event source mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Events that may lead to unexpected behaviour.
    Warn,
    /// Also normal operation.
    Info,
    /// Also every step.
    Debug,
}

/// An optional group of metrics of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetricGroup {
    /// `PolledEventCount`, `FilteredOutEventCount` and the other event counts.
    EventCount,
    /// `ErrorCount`.
    ErrorCount,
    /// `MaxOffsetLag`, `SumOffsetLag`.
    KafkaMetrics,
}

/// The number of event pollers of a provisioned mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pollers {
    /// The least number of pollers.
    pub minimum: u32,
    /// The greatest number of pollers. A topic's number of partitions is a further limit.
    pub maximum: u32,
}

/// Where a consumer group without committed offsets starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartingPosition {
    /// At the oldest record.
    TrimHorizon,
    /// At the first record published from now on.
    Latest,
    /// At the first record with this or a later timestamp.
    AtTimestamp(jiff::Timestamp),
}
