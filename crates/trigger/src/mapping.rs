//! The settings of an event source mapping.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::filter::Pattern;

/// The largest event and, 100 bytes aside, the largest answer of a synchronous invocation, in bytes ([quotas]).
///
/// [quotas]: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
pub const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// An event source mapping: one topic to one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// `{function}-{topic}`.
    pub id: String,
    /// The function's name.
    pub function: String,
    /// The cluster.
    pub source: EventSource,
    /// The topic.
    pub topic: String,
    /// Most records in one invocation.
    pub batch_size: usize,
    /// How long a batch may wait for more records.
    pub batching_window: Duration,
    /// Where a consumer group without committed offsets begins.
    pub starting_position: StartingPosition,
    /// The Kafka consumer group; the mapping's id where the template names none.
    pub consumer_group_id: String,
    /// Whether it reads at all.
    pub enabled: bool,
    /// Its pollers, where it is provisioned; `None` for on-demand mode.
    pub provisioned: Option<Pollers>,
    /// `None` is -1, for ever; Lambda makes that 10 where [`Mapping::on_failure`] is set.
    pub maximum_retry_attempts: Option<u32>,
    /// Records older than this are given up; `None` is -1, never.
    pub maximum_record_age: Option<Duration>,
    /// Whether a failed batch is retried in halves.
    pub bisect_on_function_error: bool,
    /// Whether the function's `batchItemFailures` are read.
    pub report_batch_item_failures: bool,
    /// Where metadata of given-up records go: an ARN, or `kafka://topic`.
    pub on_failure: Option<String>,
    /// `FilterCriteria`: only records that one of them accepts reach the function; all do where there is
    /// none.
    pub filters: Vec<Pattern>,
    /// `LoggingConfig.SystemLogLevel`; `None` logs nothing on AWS.
    pub log_level: Option<LogLevel>,
    /// `MetricsConfig.Metrics`: which groups besides `OffsetLag`.
    pub metrics: BTreeSet<MetricGroup>,
}

impl Mapping {
    /// A mapping on demand with Lambda's defaults (its API reference, `CreateEventSourceMapping`).
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

/// The cluster that a mapping reads from, as payloads name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventSource {
    /// Amazon MSK, by the cluster's ARN.
    Msk(String),
    /// Any other Kafka cluster, by its brokers.
    SelfManagedKafka(Vec<String>),
}

/// How much an event source mapping logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// What may lead to unexpected behaviour.
    Warn,
    /// Also what goes as it should.
    Info,
    /// Also every step.
    Debug,
}

/// A group of metrics that a mapping emits where its template asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetricGroup {
    /// `PolledEventCount` and its like.
    EventCount,
    /// `ErrorCount`.
    ErrorCount,
    /// `MaxOffsetLag`, `SumOffsetLag`.
    KafkaMetrics,
}

/// The number of event pollers of a provisioned mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pollers {
    /// At least so many.
    pub minimum: u32,
    /// At most so many; never more than the topic has partitions.
    pub maximum: u32,
}

/// Where a consumer group without committed offsets begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartingPosition {
    /// With the oldest record.
    TrimHorizon,
    /// With what is published from now on.
    Latest,
    /// With the first record at or after this time.
    AtTimestamp(jiff::Timestamp),
}
