//! Records with their position, already encoded as in the payload.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;

/// A record's position in the mapping's topic.
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

/// A record in the mapping. It is encoded once on arrival, so retries send the same bytes, and the exact size of a
/// batch is known in advance.
#[derive(Clone, Debug)]
pub struct Record {
    /// The record's position.
    pub position: Position,
    /// Kafka's timestamp in milliseconds since the epoch; -1 if it has none.
    pub timestamp: i64,
    /// The JSON of all records that were read together, separated by commas.
    text: Bytes,
    /// The range of this record in the text.
    place: Range<usize>,
}

impl Record {
    /// Creates the record at `place` in `text`, which may have further records separated by commas.
    #[must_use]
    pub fn new(position: Position, timestamp: i64, text: Bytes, place: Range<usize>) -> Self {
        Self { position, timestamp, text, place }
    }

    /// Creates a record that does not share its memory.
    #[cfg(test)]
    pub(super) fn alone(position: Position, timestamp: i64, json: impl Into<Bytes>) -> Self {
        let text = json.into();
        let place = 0..text.len();
        Self::new(position, timestamp, text, place)
    }

    /// The record's JSON in the payload.
    #[must_use]
    pub fn json(&self) -> &[u8] {
        &self.text[self.place.clone()]
    }

    /// The JSON of these records in pieces, without the commas between the pieces. Contiguous records that were read
    /// together are one piece.
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
