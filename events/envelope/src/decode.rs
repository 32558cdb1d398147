//! Decodes a record's value to a typed event. Errors name the field but do not quote its value.

use serde::Deserialize;
use serde_path_to_error::{Path, Segment};

use crate::{Catalog, Event, EventId, EventType, amount, ids::InvalidId, json::readable};

/// Why this version cannot read a record's value as an event. All of these errors are permanent, because the same bytes
/// always give the same result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The value is not JSON, or a field is missing or has the wrong form.
    #[error("the event is malformed: {0}")]
    Malformed(#[from] FieldError),
    /// The major version is not 1.
    #[error("event version {version} is not supported, only 1.x is; deploy a newer version of this function")]
    UnknownVersion {
        /// The event's version, shortened.
        version: String,
    },
    /// The domain has no such type of event.
    #[error(
        "event type {event_type} is unknown; deploy a newer version of this function or fix the producer"
    )]
    UnknownType {
        /// The event's type, shortened.
        event_type: String,
    },
    /// The event came from another topic than its type belongs to.
    #[error("event type {event_type} was published to topic {topic}; fix the producer")]
    WrongTopic {
        /// The event's type.
        event_type: &'static str,
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

/// The place where a JSON document does not have the expected form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem} (line {line}, column {column})")]
pub struct FieldError {
    /// The path of the field, e.g. `data.from_account.user_id`, or `the document` for the whole document.
    pub field: String,
    /// What is wrong, without the value.
    pub problem: String,
    /// The line in the document, from 1.
    pub line: usize,
    /// The column in that line, in bytes, from 1.
    pub column: usize,
}

/// The fields that determine how the rest is read.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Head {
    version: String,
    event_type: String,
}

impl<P: Catalog> Event<P> {
    /// Reads the value of a record from `topic`. Text that was cut within a character is not an error; see
    /// [`readable`].
    pub fn decode(value: &[u8], topic: &str) -> Result<Self, DecodeError> {
        Self::decode_where(value, |event_type| {
            let wrong = || DecodeError::WrongTopic { event_type: event_type.name, topic: topic.to_owned() };
            if event_type.topic == topic { Ok(()) } else { Err(wrong()) }
        })
    }

    /// Reads an event that does not come from a topic, e.g. from a file.
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_where(json, |_| Ok(()))
    }

    fn decode_where(
        value: &[u8],
        accept: impl FnOnce(&EventType) -> Result<(), DecodeError>,
    ) -> Result<Self, DecodeError> {
        let json = readable(value);
        let head: Head = read_json(&json)?;
        if head.version.split('.').next() != Some("1") {
            return Err(DecodeError::UnknownVersion { version: shorten(&head.version) });
        }
        let unknown = || DecodeError::UnknownType { event_type: shorten(&head.event_type) };
        let event_type = P::EVENT_TYPES.iter().find(|known| known.name == head.event_type);
        let event_type = event_type.ok_or_else(unknown)?;
        accept(event_type)?;
        Ok(P::read(event_type.name, &json).ok_or_else(unknown)??)
    }
}

/// Reads only the event id. The value does not have to be a valid event.
#[must_use]
pub fn read_event_id(value: &[u8]) -> Option<EventId> {
    #[derive(Deserialize)]
    struct OnlyId {
        event_id: EventId,
    }
    serde_json::from_str::<OnlyId>(&readable(value)).ok().map(|only| only.event_id)
}

/// Reads only the event type, if there is one; at most 64 characters of it.
#[must_use]
pub fn read_event_type(value: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct OnlyType {
        event_type: String,
    }
    serde_json::from_str::<OnlyType>(&readable(value)).ok().map(|only| shorten(&only.event_type))
}

pub(crate) fn read_json<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, FieldError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| field_error(error.path(), error.inner()))?;
    deserializer.end().map_err(|error| FieldError {
        field: "the document".to_owned(),
        problem: problem(&error),
        line: error.line(),
        column: error.column(),
    })?;
    Ok(value)
}

fn field_error(path: &Path, error: &serde_json::Error) -> FieldError {
    let field = place(path, error).unwrap_or_else(|| "the document".to_owned());
    FieldError { field, problem: problem(error), line: error.line(), column: error.column() }
}

/// The path, as far as it consists of known fields, because other keys may be personal. Only errors of type or form
/// are about known fields: a syntax error may be below any key, and an enum may be given as an object.
fn place(path: &Path, error: &serde_json::Error) -> Option<String> {
    let names = path.iter().map_while(|segment| match segment {
        Segment::Map { key } => Some(key.as_str()),
        _ => None,
    });
    let names: Vec<&str> = names.collect();
    (error.is_data() && !names.is_empty()).then(|| names.join("."))
}

/// Serde's messages may quote the value, which may be personal. Only messages that are known not to are passed on.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _position)| message);
    if !error.is_data() {
        return format!("not valid JSON, {message}");
    }
    let names_a_field = message.starts_with("missing field `") || message.starts_with("duplicate field `");
    let is_ours =
        [amount::NOT_DECIMAL, amount::NEGATIVE].contains(&message) || message == InvalidId.to_string();
    if names_a_field || is_ours {
        return message.to_owned();
    }
    match message.rsplit_once(", expected ") {
        Some((found, expected)) if found.starts_with("invalid type: ") => {
            format!("wrong type, expected {expected}")
        }
        _ => "not of the form that its schema asks for".to_owned(),
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}
