//! Records as the mapping keeps them: positioned, and already in the form that the payload takes.

use std::fmt;

use bytes::Bytes;

/// Where a record sits in the mapping's one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The partition's number.
    pub partition: i32,
    /// The record's offset in that partition.
    pub offset: i64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.partition, self.offset)
    }
}

/// A record waiting in the mapping. Encoded once, on arrival: retries send the same bytes, and batches know
/// their exact size before they are built.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where it sits.
    pub position: Position,
    /// Milliseconds since the epoch as Kafka has it; -1 where it has none.
    pub timestamp: i64,
    /// The record as the payload's `records` hold it.
    pub json: Bytes,
}
