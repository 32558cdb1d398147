//! What a mapping tells about its work while it does it.

use std::sync::Arc;
use std::time::Duration;

use super::batch::Condition;
use super::consumer::PartitionLag;
use super::record::Position;

/// Called for every event, those of a partition in order, on the mapping's tasks: it must not block.
pub type Observer = Arc<dyn Fn(&MappingEvent) + Send + Sync>;

/// Something that a mapping did or saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingEvent {
    /// It began to work.
    Started,
    /// The consumer group gave it these partitions.
    Assigned(Vec<i32>),
    /// Records of one partition were read.
    Polled(Vec<Position>),
    /// No filter accepted these records: they are done without the function.
    FilteredOut(Vec<Position>),
    /// The function is invoked.
    Invoked {
        /// Names the batch until it is settled or split.
        batch: u64,
        /// Its records.
        records: Vec<Position>,
    },
    /// An invocation succeeded for these records.
    Succeeded {
        /// The batch.
        batch: u64,
        /// Its records that are done.
        records: Vec<Position>,
        /// Lambda's id of the invocation.
        request_id: String,
    },
    /// The function failed for these records, or its answer could not be used.
    FunctionFailed {
        /// The batch.
        batch: u64,
        /// Its failed records.
        records: Vec<Position>,
        /// Lambda's id of the invocation.
        request_id: String,
        /// How it failed.
        failure: FunctionFailure,
    },
    /// No instance was free.
    Throttled {
        /// The batch.
        batch: u64,
    },
    /// The Invoke API was out of reach or refused the request.
    NotInvoked {
        /// The batch.
        batch: u64,
        /// What it said.
        reason: String,
    },
    /// These records will be sent again.
    Retrying {
        /// The batch.
        batch: u64,
        /// Its records that come again.
        records: Vec<Position>,
    },
    /// A batch that was given up is in the failure destination.
    Delivered {
        /// Why it was given up.
        condition: Condition,
        /// Its records.
        records: Vec<Position>,
    },
    /// A batch was given up, and there is no failure destination, or it does not take the batch.
    Dropped {
        /// Why it was given up.
        condition: Condition,
        /// Its records.
        records: Vec<Position>,
    },
    /// The failure destination did not take a batch that was given up; tried again unless it is dropped.
    DeliveryFailed {
        /// Its records.
        records: Vec<Position>,
        /// What went wrong.
        reason: String,
    },
    /// The group's committed offset rose, acknowledged by the broker.
    Committed {
        /// The partition.
        partition: i32,
        /// The next offset to read.
        offset: i64,
    },
    /// Offsets could not be committed; tried again.
    CommitFailed {
        /// What the broker said.
        reason: String,
    },
    /// Reading from the cluster failed; tried again.
    KafkaFailed {
        /// What the broker said.
        reason: String,
    },
    /// How far the group's committed offsets are behind, as of now.
    Lag(Vec<PartitionLag>),
    /// Pollers were added or removed.
    Scaled {
        /// So many there are now.
        pollers: u32,
    },
    /// The mapping has stopped.
    Stopped {
        /// How long it waited for invocations under way.
        waited: Duration,
    },
}

/// How an invocation failed, as far as the endpoint tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionFailure {
    /// The function's own error.
    Error,
    /// It ran out of time.
    Timeout,
    /// Its process ended.
    Crash,
    /// Its answer is larger than Lambda allows.
    ResponseTooLarge,
    /// Its answer is not a batch response for this batch.
    BadResponse,
    /// The records that its batch response lists.
    Listed,
}
