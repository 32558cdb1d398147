//! Turns records into one audit object.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use tidings_consumer::{HandlerError, Record};
use tidings_events::decode::{read_event_id, read_event_type};

use crate::Object;

/// One line of an audit object.
#[derive(Serialize)]
struct Line<'a> {
    topic: &'a str,
    partition: i64,
    offset: i64,
    timestamp: Option<Timestamp>,
    /// Read from the value if possible, for searching. `record` is authoritative.
    event_id: Option<String>,
    event_type: Option<String>,
    /// The record as received from Lambda, with key, value and headers as in Kafka.
    record: &'a RawValue,
}

/// The object for these records of one partition; `None` if there are none.
pub(crate) fn object(records: &[Record]) -> Result<Option<Object>, HandlerError> {
    let (Some(first), Some(last)) = (records.first(), records.last()) else { return Ok(None) };
    let mut ndjson = Vec::new();
    for record in records {
        ndjson.extend(line(record)?);
    }
    let hash = Sha256::digest(&ndjson);
    let date = first.timestamp.unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date();
    let key = format!(
        "audit/{}/date={date}/partition={}/{}-{}-{}.ndjson.gz",
        first.position.topic,
        first.position.partition,
        first.position.offset,
        last.position.offset,
        hex::encode(&hash[..4]),
    );
    let body =
        compress(&ndjson).map_err(|error| HandlerError::permanent("Compression", error.to_string()))?;
    Ok(Some(Object { key, body, records: records.len() }))
}

fn line(record: &Record) -> Result<Vec<u8>, HandlerError> {
    let value = record.value.as_deref().unwrap_or_default();
    let line = Line {
        topic: &record.position.topic,
        partition: record.position.partition,
        offset: record.position.offset,
        timestamp: record.timestamp,
        event_id: read_event_id(value).map(String::from),
        event_type: read_event_type(value),
        record: &record.json,
    };
    let mut json = serde_json::to_vec(&line)
        .map_err(|error| HandlerError::permanent("LineNotWritten", error.to_string()))?;
    // A line break would end the record in NDJSON. In JSON it occurs only between tokens, so a space can replace it.
    for byte in &mut json {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    json.push(b'\n');
    Ok(json)
}

fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}
