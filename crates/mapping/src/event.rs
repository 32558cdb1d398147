//! The events that a mapping reports.

use std::sync::Arc;
use std::time::Duration;

use super::batch::Condition;
use super::consumer::PartitionLag;
use super::record::Position;

/// Called for every event. Events of a partition are in order. It runs on the mapping's tasks, so it must not block.
pub type Observer = Arc<dyn Fn(&MappingEvent) + Send + Sync>;

/// An event in a mapping's work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingEvent {
    /// The mapping has started.
    Started,
    /// The consumer group assigned these partitions.
    Assigned(Vec<i32>),
    /// Records of one partition were read.
    Polled(Vec<Position>),
    /// No filter accepted these records, so they are not sent to the function.
    FilteredOut(Vec<Position>),
    /// The function is invoked.
    Invoked {
        /// The batch's id until it is settled or split.
        batch: u64,
        /// The batch's records.
        records: Vec<Position>,
    },
    /// An invocation succeeded for these records.
    Succeeded {
        /// The batch's id.
        batch: u64,
        /// The records that succeeded.
        records: Vec<Position>,
        /// The invocation's request id.
        request_id: String,
    },
    /// The function failed for these records, or its response is invalid.
    FunctionFailed {
        /// The batch's id.
        batch: u64,
        /// The failed records.
        records: Vec<Position>,
        /// The invocation's request id.
        request_id: String,
        /// The kind of failure.
        failure: FunctionFailure,
    },
    /// The invocation was throttled.
    Throttled {
        /// The batch's id.
        batch: u64,
    },
    /// The Invoke API was unreachable or rejected the request.
    NotInvoked {
        /// The batch's id.
        batch: u64,
        /// The error message.
        reason: String,
    },
    /// These records will be retried.
    Retrying {
        /// The batch's id.
        batch: u64,
        /// The records to retry.
        records: Vec<Position>,
    },
    /// A discarded batch was sent to the failure destination.
    Delivered {
        /// Why it was discarded.
        condition: Condition,
        /// The batch's records.
        records: Vec<Position>,
    },
    /// A discarded batch was dropped, because there is no failure destination or the delivery failed.
    Dropped {
        /// Why it was discarded.
        condition: Condition,
        /// The batch's records.
        records: Vec<Position>,
    },
    /// A delivery to the failure destination failed. It is retried unless the batch is dropped.
    DeliveryFailed {
        /// The batch's records.
        records: Vec<Position>,
        /// The error message.
        reason: String,
    },
    /// The broker acknowledged a higher committed offset of the group.
    Committed {
        /// The partition's number.
        partition: i32,
        /// The next offset to read.
        offset: i64,
    },
    /// A commit failed and will be retried.
    CommitFailed {
        /// The broker's error.
        reason: String,
    },
    /// Reading from the cluster failed and will be retried.
    KafkaFailed {
        /// The broker's error.
        reason: String,
    },
    /// The group's current lag.
    Lag(Vec<PartitionLag>),
    /// Pollers were added or removed.
    Scaled {
        /// The new number of pollers.
        pollers: u32,
    },
    /// The mapping has stopped.
    Stopped {
        /// How long it waited for running invocations.
        waited: Duration,
    },
}

/// How an invocation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionFailure {
    /// The function returned an error.
    Error,
    /// The function timed out.
    Timeout,
    /// The function's process exited.
    Crash,
    /// The response is larger than Lambda allows.
    ResponseTooLarge,
    /// The response is not a valid batch response for this batch.
    BadResponse,
    /// The batch response lists failed records.
    Listed,
}
