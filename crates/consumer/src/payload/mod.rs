//! Reads the records in an invocation's payload leniently: a problem with one record affects only that record.
//!
//! The payload's format is documented at
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html>; producers of test events and other
//! emulators differ from it in header bytes (unsigned, strings, null), tombstones and timestamps.

use std::fmt;

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::record::{Header, Position, Record};

/// Base64 as Lambda writes it, with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The content of an invocation's payload.
#[derive(Debug, Default)]
pub struct Batch {
    /// The records of each partition, in the payload's order.
    pub records: Vec<Record>,
    /// Entries without a readable position in Kafka.
    pub invalid_entries: Vec<InvalidEntry>,
}

/// An entry that is not a record, because it has no offset or is not an object.
#[derive(Debug, Clone)]
pub struct InvalidEntry {
    /// The name under which the payload lists it.
    pub source: String,
    /// Why it is not a record.
    pub problem: String,
    /// The entry's JSON, unchanged.
    pub json: Box<RawValue>,
}

/// The payload as a whole cannot be read: it is not an event of a Kafka event source mapping.
#[derive(Debug, thiserror::Error)]
#[error("the payload is not a Kafka event ({0}); invoke this function by a Kafka event source mapping")]
pub struct PayloadError(#[from] serde_json::Error);

/// Reads an invocation's payload.
pub fn read(payload: &[u8]) -> Result<Batch, PayloadError> {
    let event: KafkaEvent<'_> = serde_json::from_slice(payload)?;
    let mut batch = Batch::default();
    for (source, list) in event.records.0 {
        let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(list.get()) else {
            // KafkaEvent of aws_lambda_events refuses this too, because it contains no records.
            batch.invalid_entries.push(invalid_entry(&source, "expected a list of records", list));
            continue;
        };
        for element in elements {
            match read_record(&source, element) {
                Ok(record) => batch.records.push(record),
                Err(problem) => batch.invalid_entries.push(invalid_entry(&source, &problem, element)),
            }
        }
    }
    Ok(batch)
}

/// The fields are in the same order as in `aws_lambda_events`, because serde can read a struct from a list.
#[derive(Deserialize)]
struct KafkaEvent<'a> {
    #[serde(rename = "eventSource", default)]
    _event_source: IgnoredAny,
    #[serde(rename = "eventSourceArn", default)]
    _event_source_arn: IgnoredAny,
    #[serde(borrow, default)]
    records: Partitions<'a>,
    #[serde(rename = "bootstrapServers", default)]
    _bootstrap_servers: IgnoredAny,
}

/// The `records` object as a list, so that a repeated name does not replace an earlier one.
#[derive(Default)]
struct Partitions<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Partitions<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of record lists by topic and partition")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Vec::new())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_any(Entries).map(Partitions)
    }
}

fn invalid_entry(source: &str, problem: &str, json: &RawValue) -> InvalidEntry {
    InvalidEntry { source: source.to_owned(), problem: problem.to_owned(), json: json.to_owned() }
}

/// A record's fields, each unparsed, so that an invalid one does not hide the others.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(borrow, default)]
    topic: Option<&'a RawValue>,
    #[serde(borrow, default)]
    partition: Option<&'a RawValue>,
    #[serde(borrow, default)]
    offset: Option<&'a RawValue>,
    #[serde(borrow, default)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow, default)]
    timestamp_type: Option<&'a RawValue>,
    #[serde(borrow, default)]
    key: Option<&'a RawValue>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
    #[serde(borrow, default)]
    headers: Option<&'a RawValue>,
}

fn read_record(source: &str, json: &RawValue) -> Result<Record, String> {
    let fields: Fields<'_> =
        serde_json::from_str(json.get()).map_err(|_| "expected an object with each field once".to_owned())?;
    let position = position(source, &fields)?;
    let mut malformed = None;
    let mut bytes = |name: &str, field: Option<&RawValue>| {
        decode_bytes(field).unwrap_or_else(|problem| {
            malformed = Some(format!("{name} {problem}"));
            None
        })
    };
    Ok(Record {
        key: bytes("key", fields.key),
        value: bytes("value", fields.value),
        position,
        source: source.to_owned(),
        timestamp: fields
            .timestamp
            .and_then(milliseconds)
            .filter(|milliseconds| *milliseconds >= 0)
            .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok()),
        timestamp_type: fields.timestamp_type.and_then(text),
        headers: fields.headers.map(read_headers).unwrap_or_default(),
        malformed,
        json: json.to_owned(),
    })
}

fn position(source: &str, fields: &Fields<'_>) -> Result<Position, String> {
    let (listed_topic, listed_partition) = source.rsplit_once('-').unwrap_or((source, ""));
    let offset = fields.offset.and_then(integer).ok_or("has no readable offset")?;
    let partition = fields
        .partition
        .and_then(integer)
        .or_else(|| listed_partition.parse().ok())
        .ok_or("has no readable partition")?;
    let topic = fields.topic.and_then(text).unwrap_or_else(|| listed_topic.to_owned());
    Ok(Position { topic, partition, offset })
}

/// `Ok(None)` if the field is absent or null.
fn decode_bytes(field: Option<&RawValue>) -> Result<Option<Bytes>, &'static str> {
    let Some(field) = field else { return Ok(None) };
    match serde_json::from_str::<Option<String>>(field.get()) {
        Ok(None) => Ok(None),
        Ok(Some(encoded)) => {
            let decoded = BASE64.decode(encoded).map_err(|_| "is not valid base64")?;
            Ok(Some(Bytes::from(decoded)))
        }
        Err(_) => Err("is not a string"),
    }
}

/// An integer, possibly in quotes.
fn integer(field: &RawValue) -> Option<i64> {
    field.get().trim_matches('"').parse().ok()
}

/// An integer number of milliseconds, possibly in quotes or written as a floating-point number.
fn milliseconds(field: &RawValue) -> Option<i64> {
    let text = text(field).unwrap_or_else(|| field.get().to_owned());
    text.parse().ok().or_else(|| {
        let number = text.parse::<f64>().ok().filter(|number| number.fract() == 0.0)?;
        // Display writes all digits without an exponent, which avoids a cast that may round or overflow.
        number.to_string().parse().ok()
    })
}

fn text(field: &RawValue) -> Option<String> {
    serde_json::from_str(field.get()).ok()
}

/// Lambda sends a list of objects with one header each; an object with all headers is read as well.
fn read_headers(field: &RawValue) -> Vec<Header> {
    let objects = match serde_json::from_str::<Vec<&RawValue>>(field.get()) {
        Ok(objects) => objects,
        Err(_) => vec![field],
    };
    objects
        .into_iter()
        .filter_map(|object| serde_json::from_str::<Partitions<'_>>(object.get()).ok())
        .flat_map(|headers| headers.0)
        .map(|(name, value)| Header { name, value: header_bytes(value) })
        .collect()
}

/// Signed bytes as Lambda sends them, unsigned ones, or a string; anything else counts as null.
fn header_bytes(value: &RawValue) -> Option<Vec<u8>> {
    if let Ok(numbers) = serde_json::from_str::<Vec<i16>>(value.get()) {
        return numbers
            .into_iter()
            .map(|number| u8::try_from(number).or_else(|_| i8::try_from(number).map(i8::cast_unsigned)).ok())
            .collect();
    }
    text(value).map(String::into_bytes)
}

#[cfg(test)]
mod tests;
