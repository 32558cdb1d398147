//! The envelope that every event travels in.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::{EventId, Payload, Personal, Topic};

/// The version that this crate writes. It reads every 1.x.
pub const VERSION: &str = "1.0";

/// Something that happened, once.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What makes it the same event, however often it is delivered.
    pub event_id: EventId,
    /// When it happened.
    pub timestamp: Timestamp,
    /// What happened.
    pub payload: Payload,
    /// The circumstances.
    pub metadata: Metadata,
}

impl Event {
    /// The event's type, which is the name of its topic.
    #[must_use]
    pub fn event_type(&self) -> &'static str {
        self.topic().name()
    }

    /// The topic it is published to.
    #[must_use]
    pub const fn topic(&self) -> Topic {
        self.payload.topic()
    }

    /// The event as JSON, as it is published.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&Wire {
            event_id: self.event_id.clone(),
            event_type: self.event_type().to_owned(),
            timestamp: self.timestamp,
            version: VERSION.to_owned(),
            data: &self.payload,
            metadata: self.metadata.clone(),
        })
    }
}

/// The circumstances of an event; fields that callers add are kept.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metadata {
    /// The address the customer's request came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<Personal>,
    /// The application or browser in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Personal>,
    /// The customer's language as a BCP 47 tag, e.g. `hi` or `hi-IN`; English where it is absent or unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// What callers add. Numbers are kept as 64 bits; write others as text.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

impl fmt::Debug for Metadata {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metadata").field("locale", &self.locale).finish_non_exhaustive()
    }
}

/// The envelope's shape in JSON, whatever its data.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub(crate) struct Wire<D> {
    /// What makes it the same event, however often it is delivered.
    pub event_id: EventId,
    /// What kind of event it is, which is also the name of its topic.
    pub event_type: String,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The version of this form. Within 1.x, fields are only added.
    pub version: String,
    /// What happened.
    pub data: D,
    /// The circumstances.
    #[serde(default, deserialize_with = "null_as_default")]
    #[schemars(with = "Option<Metadata>")]
    pub metadata: Metadata,
}

impl<D> Wire<D> {
    pub(crate) fn into_event(self, payload: fn(D) -> Payload) -> Event {
        Event {
            event_id: self.event_id,
            timestamp: self.timestamp,
            payload: payload(self.data),
            metadata: self.metadata,
        }
    }
}

/// Serializers of other languages write an empty field as null.
fn null_as_default<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Metadata, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
