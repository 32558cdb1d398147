//! From a record's value to a typed event, with errors that name the field and quote nothing of it.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Event, EventId, Topic, event::Wire};

/// Why a record's value is no event that this version understands. All of these are permanent: reading the
/// same bytes again gives the same answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON, or a field is missing or of the wrong form.
    #[error("the event is malformed: {0}")]
    Malformed(#[from] FieldError),
    /// Another major version than 1.
    #[error("event version {version} is not supported, only 1.x is; deploy a newer version of this function")]
    UnknownVersion {
        /// The version found, shortened.
        version: String,
    },
    /// A type that the catalog does not list.
    #[error(
        "event type {event_type} is unknown; deploy a newer version of this function or mend the producer"
    )]
    UnknownType {
        /// The type found, shortened.
        event_type: String,
    },
    /// A type that belongs on another topic than the one it came from.
    #[error("event type {event_type} was published to topic {topic}; mend the producer")]
    WrongTopic {
        /// The event's type.
        event_type: Topic,
        /// The topic it came from.
        topic: String,
    },
}

impl DecodeError {
    /// A stable name for logs, dead letters and alarms.
    #[must_use]
    pub const fn error_type(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "MalformedEvent",
            Self::UnknownVersion { .. } => "UnknownEventVersion",
            Self::UnknownType { .. } => "UnknownEventType",
            Self::WrongTopic { .. } => "WrongTopic",
        }
    }
}

/// Where a JSON document does not have the expected form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem} (line {line}, column {column})")]
pub struct FieldError {
    /// Path of the field, e.g. `data.from_account.user_id`; `the document` for the whole.
    pub field: String,
    /// What is wrong with it, without the value.
    pub problem: String,
    /// Line in the document, or in `data` for a field of it; from 1.
    pub line: usize,
    /// Column in that line, in bytes; from 1.
    pub column: usize,
}

impl Event {
    /// Reads a record's value that came from `topic`.
    pub fn decode(value: &[u8], topic: &str) -> Result<Self, DecodeError> {
        let wire: Wire<&RawValue> = read_json(value, "")?;
        if wire.version.split('.').next() != Some("1") {
            return Err(DecodeError::UnknownVersion { version: shorten(&wire.version) });
        }
        let event_type: Topic = wire
            .event_type
            .parse()
            .map_err(|_| DecodeError::UnknownType { event_type: shorten(&wire.event_type) })?;
        if event_type.name() != topic {
            return Err(DecodeError::WrongTopic { event_type, topic: topic.to_owned() });
        }
        let payload = event_type.read_payload(wire.data)?;
        Ok(Self { event_id: wire.event_id, timestamp: wire.timestamp, payload, metadata: wire.metadata })
    }
}

/// Reads only the event id, from a value that may be no event otherwise.
#[must_use]
pub fn read_event_id(value: &[u8]) -> Option<EventId> {
    #[derive(Deserialize)]
    struct OnlyId {
        event_id: EventId,
    }
    serde_json::from_slice::<OnlyId>(value).ok().map(|only| only.event_id)
}

/// Reads only the event type, as far as there is one; at most 64 characters of it.
#[must_use]
pub fn read_event_type(value: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct OnlyType {
        event_type: String,
    }
    serde_json::from_slice::<OnlyType>(value).ok().map(|only| shorten(&only.event_type))
}

pub(crate) fn read_data<'a, T: Deserialize<'a>>(data: &'a RawValue) -> Result<T, FieldError> {
    read_json(data.get().as_bytes(), "data")
}

fn read_json<'a, T: Deserialize<'a>>(json: &'a [u8], prefix: &str) -> Result<T, FieldError> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| field_error(prefix, &error.path().to_string(), error.inner()))?;
    deserializer.end().map_err(|error| field_error(prefix, ".", &error))?;
    Ok(value)
}

fn field_error(prefix: &str, path: &str, error: &serde_json::Error) -> FieldError {
    let field = match (prefix, path) {
        ("", ".") => "the document".to_owned(),
        (prefix, ".") => prefix.to_owned(),
        ("", path) => shorten(path),
        (prefix, path) => format!("{prefix}.{}", shorten(path)),
    };
    FieldError { field, problem: problem(error), line: error.line(), column: error.column() }
}

/// Serde's messages quote the value, which may be personal; only those without one are passed on.
fn problem(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let without_position = message.split(" at line ").next().unwrap_or_default();
    let quotes_no_value = ["missing field", "duplicate field", "expected a", "expected 1 to"];
    if error.is_data() && quotes_no_value.iter().any(|start| without_position.starts_with(start)) {
        return format!("is not as it should be: {without_position}");
    }
    if error.is_data() { "has the wrong type or form".to_owned() } else { "is not valid JSON".to_owned() }
}

fn shorten(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}
