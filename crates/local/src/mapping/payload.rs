//! The payload that a function gets, byte for byte as Lambda sends it, and its size before it is built.
//!
//! Source: the AWS Lambda developer guide, "Using Lambda with Amazon MSK", example event.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::engine::general_purpose::STANDARD;
use base64::{Engine, encoded_len};
use bytes::Bytes;
use rdkafka::message::{Header, Headers, Message, Timestamp};

use super::record::{Position, Record};
use crate::template::EventSource;

/// All of a payload but its records.
#[derive(Clone, Debug)]
pub struct Envelope {
    topic: String,
    head: Vec<u8>,
}

const TAIL: &[u8] = b"}}";

impl Envelope {
    /// The envelope of a mapping's payloads. The brokers are those that are read, whatever the source is named.
    #[must_use]
    pub fn new(topic: &str, source: &EventSource, bootstrap_servers: &str) -> Self {
        let source = match source {
            EventSource::Msk(arn) => {
                format!(r#""eventSource":"aws:kafka","eventSourceArn":{}"#, json_string(arn))
            }
            EventSource::SelfManagedKafka(_) => r#""eventSource":"SelfManagedKafka""#.to_owned(),
        };
        let servers = json_string(bootstrap_servers);
        let head = format!(r#"{{{source},"bootstrapServers":{servers},"records":{{"#);
        Self { topic: topic.to_owned(), head: head.into_bytes() }
    }

    /// How the payload and a function's answer name a partition: `topic-partition`.
    #[must_use]
    pub fn partition_name(&self, partition: i32) -> String {
        format!("{}-{partition}", self.topic)
    }

    /// A gauge for a payload without records yet.
    #[must_use]
    pub fn gauge(&self) -> Gauge<'_> {
        Gauge { envelope: self, size: self.head.len() + TAIL.len(), last: None }
    }

    /// The size in bytes of the payload that holds these records, sorted by position.
    #[must_use]
    pub fn size(&self, records: &[Record]) -> usize {
        let mut gauge = self.gauge();
        for record in records {
            gauge.add(record);
        }
        gauge.size
    }

    /// The payload that holds these records, sorted by position.
    #[must_use]
    pub fn payload(&self, records: &[Record]) -> Bytes {
        let mut out = Vec::with_capacity(self.size(records));
        out.extend_from_slice(&self.head);
        let by_partition = records.chunk_by(|a, b| a.position.partition == b.position.partition);
        for (index, chunk) in by_partition.enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(self.partition_key(chunk[0].position.partition).as_bytes());
            out.push(b'[');
            for (index, record) in chunk.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(&record.json);
            }
            out.push(b']');
        }
        out.extend_from_slice(TAIL);
        out.into()
    }

    fn partition_key(&self, partition: i32) -> String {
        format!("{}:", json_string(&self.partition_name(partition)))
    }
}

/// The growing size of a payload. Records of one partition must be added one after the other.
pub struct Gauge<'a> {
    envelope: &'a Envelope,
    size: usize,
    last: Option<i32>,
}

impl Gauge<'_> {
    /// The size in bytes that the payload would have with this record too.
    #[must_use]
    pub fn with(&self, record: &Record) -> usize {
        let partition = record.position.partition;
        let around = match self.last {
            Some(last) if last == partition => ",".len(),
            Some(_) => ",[]".len() + self.envelope.partition_key(partition).len(),
            None => "[]".len() + self.envelope.partition_key(partition).len(),
        };
        self.size + around + record.json.len()
    }

    /// Counts the record.
    pub fn add(&mut self, record: &Record) {
        self.size = self.with(record);
        self.last = Some(record.position.partition);
    }
}

/// A Kafka message as a record.
#[must_use]
pub fn encode<M: Message>(message: &M) -> Record {
    let (timestamp, kind) = match message.timestamp() {
        Timestamp::CreateTime(millis) => (millis, "CREATE_TIME"),
        Timestamp::LogAppendTime(millis) => (millis, "LOG_APPEND_TIME"),
        // Kafka's own name for records of the format before 0.10.
        Timestamp::NotAvailable => (-1, "NO_TIMESTAMP_TYPE"),
    };
    let position = Position { partition: message.partition(), offset: message.offset() };
    let mut out = Vec::with_capacity(256 + message.payload().map_or(0, |value| value.len() * 4 / 3));
    let topic = json_string(message.topic());
    let _ = write!(
        out,
        r#"{{"topic":{topic},"partition":{},"offset":{},"timestamp":{timestamp},"timestampType":"{kind}""#,
        position.partition, position.offset,
    );
    for (name, bytes) in [("key", message.key()), ("value", message.payload())] {
        if let Some(bytes) = bytes {
            let _ = write!(out, r#","{name}":""#);
            write_base64(&mut out, bytes);
            out.push(b'"');
        }
    }
    out.extend_from_slice(br#","headers":["#);
    write_headers(&mut out, message);
    out.extend_from_slice(b"]}");
    Record { position, timestamp, json: out.into() }
}

/// Straight to its place, because values are most of what a mapping moves.
fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    // No message comes near the length that has none in base64.
    out.resize(start + encoded_len(bytes.len(), true).unwrap_or_default(), 0);
    let _ = STANDARD.encode_slice(bytes, &mut out[start..]);
}

fn write_headers<M: Message>(out: &mut Vec<u8>, message: &M) {
    let Some(headers) = message.headers() else { return };
    let mut first = true;
    for index in 0..headers.count() {
        // rdkafka panics on a name that is not UTF-8. Kafka's protocol allows none, but a client may send one,
        // and it must not cost the mapping its partition.
        let Ok(header) = catch_unwind(AssertUnwindSafe(|| headers.get(index))) else {
            tracing::warn!(kafka.offset = message.offset(), "left out a header whose name is not UTF-8");
            continue;
        };
        if !first {
            out.push(b',');
        }
        first = false;
        write_header(out, &header);
    }
}

/// Header bytes are Java bytes in the payload: signed.
fn write_header(out: &mut Vec<u8>, header: &Header<'_, &[u8]>) {
    let _ = write!(out, "{{{}:", json_string(header.key));
    match header.value {
        None => out.extend_from_slice(b"null"),
        Some(bytes) => {
            out.push(b'[');
            for (index, byte) in bytes.iter().enumerate() {
                let comma = if index > 0 { "," } else { "" };
                let _ = write!(out, "{comma}{}", byte.cast_signed());
            }
            out.push(b']');
        }
    }
    out.push(b'}');
}

fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use rdkafka::message::{OwnedHeaders, OwnedMessage};

    use super::*;

    fn message(key: Option<&[u8]>, value: Option<&[u8]>, headers: Option<OwnedHeaders>) -> OwnedMessage {
        OwnedMessage::new(
            value.map(<[u8]>::to_vec),
            key.map(<[u8]>::to_vec),
            "t.x".to_owned(),
            Timestamp::CreateTime(1_545_084_650_987),
            2,
            15,
            headers,
        )
    }

    fn text(record: &Record) -> &str {
        std::str::from_utf8(&record.json).unwrap()
    }

    #[test]
    fn a_full_record_has_signed_header_bytes_and_base64() {
        let headers = OwnedHeaders::new()
            .insert(Header { key: "traceparent", value: Some(&[48_u8, 0xC3, 255][..]) })
            .insert(Header::<&[u8]> { key: "none", value: None });
        assert_eq!(
            text(&encode(&message(Some(b"k"), Some(b"{}"), Some(headers)))),
            concat!(
                r#"{"topic":"t.x","partition":2,"offset":15,"timestamp":1545084650987,"#,
                r#""timestampType":"CREATE_TIME","key":"aw==","value":"e30=","#,
                r#""headers":[{"traceparent":[48,-61,-1]},{"none":null}]}"#
            )
        );
    }

    #[test]
    fn a_keyless_tombstone_has_neither_key_nor_value() {
        assert_eq!(
            text(&encode(&message(None, None, None))),
            concat!(
                r#"{"topic":"t.x","partition":2,"offset":15,"timestamp":1545084650987,"#,
                r#""timestampType":"CREATE_TIME","headers":[]}"#
            )
        );
    }

    #[test]
    fn empty_key_and_value_are_not_absent() {
        let record = encode(&message(Some(b""), Some(b""), None));
        assert!(text(&record).contains(r#""key":"","value":"","#));
    }

    fn at(partition: i32, offset: i64) -> Record {
        Record { position: Position { partition, offset }, timestamp: 0, json: Bytes::from_static(b"{}") }
    }

    #[test]
    fn the_payload_groups_by_partition_and_its_size_is_known_exactly() {
        let envelope = Envelope::new("t", &EventSource::Msk("arn:aws:kafka:x".to_owned()), "127.0.0.1:9092");
        let records = [at(0, 1), at(0, 3), at(10, 7)];
        let payload = envelope.payload(&records);
        assert_eq!(
            std::str::from_utf8(&payload).unwrap(),
            concat!(
                r#"{"eventSource":"aws:kafka","eventSourceArn":"arn:aws:kafka:x","#,
                r#""bootstrapServers":"127.0.0.1:9092","records":{"t-0":[{},{}],"t-10":[{}]}}"#
            )
        );
        for end in 1..=records.len() {
            assert_eq!(envelope.payload(&records[..end]).len(), envelope.size(&records[..end]));
        }
    }
}
