//! A record as received from Lambda.

use std::fmt;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::value::RawValue;

/// A record's position in Kafka, from which it can be read again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The topic's name.
    pub topic: String,
    /// The partition, from 0.
    pub partition: i64,
    /// The offset within the partition.
    pub offset: i64,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}", self.topic, self.partition, self.offset)
    }
}

/// A record's header. In Kafka, several headers may have the same name, and a header may have no value.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// The header's name.
    pub name: String,
    /// The bytes; `None` for a null header, or one in a form that could not be read.
    pub value: Option<Vec<u8>>,
}

/// A record as received from Lambda, with all fields that could be read.
#[derive(Clone)]
pub struct Record {
    /// The position in Kafka.
    pub position: Position,
    /// The name under which the payload lists it, `topic-partition`; a partial batch response repeats it.
    pub source: String,
    /// When it was produced or appended; `None` if Kafka has no timestamp (-1).
    pub timestamp: Option<Timestamp>,
    /// `CREATE_TIME` or `LOG_APPEND_TIME`.
    pub timestamp_type: Option<String>,
    /// The key's bytes.
    pub key: Option<Bytes>,
    /// The value's bytes; `None` for a tombstone.
    pub value: Option<Bytes>,
    /// The headers in their original order.
    pub headers: Vec<Header>,
    /// Why the record is malformed, if it is. Then `key` or `value` may be missing, and only `json` is complete.
    pub malformed: Option<String>,
    /// The record as JSON, byte for byte as received from Lambda.
    pub json: Box<RawValue>,
}

impl Record {
    /// Whether this is a tombstone: a record without a value, which marks its key as deleted.
    #[must_use]
    pub const fn is_tombstone(&self) -> bool {
        self.value.is_none() && self.malformed.is_none()
    }

    /// The first header of this name that has a value, as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value.as_deref()?).ok()
    }
}

/// Shows only the position, because the rest may be personal.
impl fmt::Debug for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Record").field("position", &self.position).finish_non_exhaustive()
    }
}
