//! What a mapping tells about its work while it does it.

use std::sync::Arc;
use std::time::Duration;

use super::batch::Condition;
use super::record::Position;

/// Called for every event, in order, on the mapping's task: it must not block.
pub type Observer = Arc<dyn Fn(&MappingEvent) + Send + Sync>;

/// Something that a mapping did or saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingEvent {
    /// The consumer group gave it these partitions.
    Assigned(Vec<i32>),
    /// A record was read.
    Polled(Position),
    /// The function was invoked.
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
    },
    /// The function failed for these records, or its answer could not be used.
    FunctionFailed {
        /// The batch.
        batch: u64,
        /// Its failed records.
        records: Vec<Position>,
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
    /// A batch was given up, and there is no failure destination.
    Dropped {
        /// Why it was given up.
        condition: Condition,
        /// Its records.
        records: Vec<Position>,
    },
    /// The group's committed offset rose, acknowledged by the broker.
    Committed {
        /// The partition.
        partition: i32,
        /// The next offset to read.
        offset: i64,
    },
    /// The mapping has stopped.
    Stopped {
        /// How long it waited for invocations under way.
        waited: Duration,
    },
}
