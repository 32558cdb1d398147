//! The envelope of every event.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error, Visitor},
};
use serde_json::{Value, value::RawValue};

use crate::{Catalog, EventId, FieldError, Personal, decode::read_json};

/// The version that this crate writes. It reads every 1.x.
pub const VERSION: &str = "1.0";

/// An event: something that happened once.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<P> {
    /// The id. It is the same for every delivery of the event.
    pub event_id: EventId,
    /// When the event happened.
    pub timestamp: Timestamp,
    /// What happened.
    pub payload: P,
    /// The circumstances.
    pub metadata: Metadata,
}

impl<P: Catalog> Event<P> {
    /// The name of the event's type.
    #[must_use]
    pub fn event_type(&self) -> &'static str {
        self.payload.event_type().name
    }

    /// The name of the topic that it is published to.
    #[must_use]
    pub fn topic(&self) -> &'static str {
        self.payload.event_type().topic
    }

    /// Reads an event with data of type `D`, regardless of its event type. [`decode`](Self::decode) chooses the type.
    pub fn read<D: DeserializeOwned>(json: &str, payload: fn(D) -> P) -> Result<Self, FieldError> {
        let wire: Wire<D> = read_json(json)?;
        Ok(Self {
            event_id: wire.event_id,
            timestamp: wire.timestamp,
            payload: payload(wire.data),
            metadata: wire.metadata,
        })
    }

    /// The event as JSON for publishing.
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

/// The circumstances of an event. Additional fields are kept.
#[derive(Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Metadata {
    /// The IP address of the customer's request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<Personal>,
    /// The application or browser in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Personal>,
    /// The customer's language as a BCP 47 tag, e.g. `hi` or `hi-IN`. Absent or unknown languages mean English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Additional fields, unchanged to the digit.
    #[serde(flatten)]
    #[schemars(with = "BTreeMap<String, Value>")]
    pub more: BTreeMap<String, RawJson>,
}

/// Not derived, because invalid metadata must not make an event unreadable: a field of the wrong type is kept as an
/// additional field, and metadata that are not an object are ignored.
impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?;
        let mut more: BTreeMap<String, RawJson> = serde_json::from_str(json.get()).unwrap_or_default();
        let mut text = |name: &str| {
            let text: Option<String> = serde_json::from_str(more.get(name)?.get()).ok()?;
            more.remove(name);
            text
        };
        let (ip_address, user_agent) = (text("ip_address").map(Personal), text("user_agent").map(Personal));
        Ok(Self { ip_address, user_agent, locale: text("locale"), more })
    }
}

/// A JSON value as it was written, without passing digits through floats and without a limit of depth.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// The value's text.
    #[must_use]
    pub fn get(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl TryFrom<&Value> for RawJson {
    type Error = serde_json::Error;

    fn try_from(value: &Value) -> Result<Self, serde_json::Error> {
        serde_json::value::to_raw_value(value).map(Self)
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metadata").field("locale", &self.locale).finish_non_exhaustive()
    }
}

/// The envelope in JSON, with any type of data.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub(crate) struct Wire<D> {
    /// The id. It is the same for every delivery of the event.
    pub event_id: EventId,
    /// The type of the event.
    pub event_type: String,
    /// When the event happened.
    #[serde(deserialize_with = "timestamp")]
    pub timestamp: Timestamp,
    /// The version of the envelope. Within 1.x, fields are only added.
    pub version: String,
    /// What happened.
    pub data: D,
    /// The circumstances.
    #[serde(default)]
    #[schemars(with = "Option<Metadata>")]
    pub metadata: Metadata,
}

/// Reads a timestamp of any precision. RFC 3339 (section 5.6) does not limit the decimals of a second, but a
/// [`Timestamp`] has nine.
fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    struct AnyPrecision;

    impl Visitor<'_> for AnyPrecision {
        type Value = Timestamp;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a timestamp string")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Timestamp, E> {
            cut_to_nanoseconds(text).parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_str(AnyPrecision)
}

fn cut_to_nanoseconds(timestamp: &str) -> Cow<'_, str> {
    let Some((seconds, rest)) = timestamp.split_once('.') else { return Cow::Borrowed(timestamp) };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits <= 9 {
        return Cow::Borrowed(timestamp);
    }
    Cow::Owned(format!("{seconds}.{}{}", &rest[..9], &rest[digits..]))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn read(timestamp: &Value) -> Result<Timestamp, serde_json::Error> {
        super::timestamp(timestamp)
    }

    #[rstest]
    #[case("2025-01-15T10:30:45Z", "2025-01-15T10:30:45Z")]
    #[case("2025-01-15T10:30:45.123456789Z", "2025-01-15T10:30:45.123456789Z")]
    #[case("2025-01-15T10:30:45.123000000999Z", "2025-01-15T10:30:45.123Z")]
    #[case("2025-01-15T16:00:45.9999999999999999999999+05:30", "2025-01-15T10:30:45.999999999Z")]
    fn decimals_beyond_nanoseconds_are_cut(#[case] text: &str, #[case] expected: Timestamp) {
        assert_eq!(read(&text.into()).unwrap(), expected);
    }

    #[rstest]
    #[case("2025-01-15T10:30:45.1234567890".into())]
    #[case("2025-01-15T10:30:45.1234567890x1Z".into())]
    #[case("2025-01-15T10:30:45.Z".into())]
    #[case("yesterday".into())]
    #[case(1_736_937_045.into())]
    fn other_forms_are_refused(#[case] timestamp: Value) {
        read(&timestamp).unwrap_err();
    }
}
