//! Records as the mapping keeps them: positioned, and already in the form that the payload takes.

use std::fmt;
use std::ops::Range;

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
    /// The records that were read with it, separated by commas.
    text: Bytes,
    /// Where it is in the text.
    place: Range<usize>,
}

impl Record {
    /// The record at `place` in `text`, which may hold others before and after it, separated by a comma each.
    #[must_use]
    pub fn new(position: Position, timestamp: i64, text: Bytes, place: Range<usize>) -> Self {
        Self { position, timestamp, text, place }
    }

    /// A record that shares its memory with no other.
    #[cfg(test)]
    pub(super) fn alone(position: Position, timestamp: i64, json: impl Into<Bytes>) -> Self {
        let text = json.into();
        let place = 0..text.len();
        Self::new(position, timestamp, text, place)
    }

    /// The record as the payload's `records` hold it.
    #[must_use]
    pub fn json(&self) -> &[u8] {
        &self.text[self.place.clone()]
    }

    /// These records as the payload holds them, but for the commas between the pieces: those that were read together
    /// are one piece already.
    pub fn joined(records: &[Self]) -> impl Iterator<Item = Bytes> {
        let neighbours = |one: &Self, next: &Self| {
            one.text.as_ptr() == next.text.as_ptr() && one.place.end + ",".len() == next.place.start
        };
        records.chunk_by(neighbours).map(|run| {
            let place = run[0].place.start..run[run.len() - 1].place.end;
            run[0].text.slice(place)
        })
    }
}
