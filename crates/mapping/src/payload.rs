//! The payload for the function, byte for byte as Lambda sends it, and its size in advance.
//!
//! Source: the AWS Lambda developer guide, "Using Lambda with Amazon MSK", example event.

use bytes::{Bytes, BytesMut};
use tidings_trigger::EventSource;

use super::record::Record;

/// A payload without its records.
#[derive(Clone, Debug)]
pub struct Envelope {
    topic: String,
    head: Vec<u8>,
}

const TAIL: &[u8] = b"}}";

impl Envelope {
    /// Creates the envelope of a mapping's payloads. `bootstrap_servers` are the brokers that are actually read.
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

    /// The partition's name in payloads and responses: `topic-partition`.
    #[must_use]
    pub fn partition_name(&self, partition: i32) -> String {
        format!("{}-{partition}", self.topic)
    }

    /// A gauge for a payload, initially without records.
    #[must_use]
    pub fn gauge(&self) -> Gauge<'_> {
        Gauge { envelope: self, size: self.head.len() + TAIL.len(), last: None }
    }

    /// The size in bytes of the payload with these records, which must be sorted by position.
    #[must_use]
    pub fn size(&self, records: &[Record]) -> usize {
        let mut gauge = self.gauge();
        for record in records {
            gauge.add(record);
        }
        gauge.size
    }

    /// The payload with these records, which must be sorted by position. It is returned in pieces, because most of
    /// them exist in memory already.
    #[must_use]
    pub fn payload(&self, records: &[Record]) -> Vec<Bytes> {
        let mut pieces = Vec::new();
        let mut around = BytesMut::from(self.head.as_slice());
        let by_partition = records.chunk_by(|a, b| a.position.partition == b.position.partition);
        for (index, chunk) in by_partition.enumerate() {
            if index > 0 {
                around.extend_from_slice(b",");
            }
            around.extend_from_slice(self.partition_key(chunk[0].position.partition).as_bytes());
            around.extend_from_slice(b"[");
            for (index, piece) in Record::joined(chunk).enumerate() {
                if index > 0 {
                    around.extend_from_slice(b",");
                }
                pieces.extend([around.split().freeze(), piece]);
            }
            around.extend_from_slice(b"]");
        }
        around.extend_from_slice(TAIL);
        pieces.push(around.freeze());
        pieces
    }

    fn partition_key(&self, partition: i32) -> String {
        format!("{}:", json_string(&self.partition_name(partition)))
    }
}

/// Computes the size of a payload. Records of one partition must be added consecutively.
pub struct Gauge<'a> {
    envelope: &'a Envelope,
    size: usize,
    last: Option<i32>,
}

impl Gauge<'_> {
    /// The size in bytes of the payload if this record is added.
    #[must_use]
    pub fn with(&self, record: &Record) -> usize {
        let partition = record.position.partition;
        let around = match self.last {
            Some(last) if last == partition => ",".len(),
            Some(_) => ",[]".len() + self.envelope.partition_key(partition).len(),
            None => "[]".len() + self.envelope.partition_key(partition).len(),
        };
        self.size + around + record.json().len()
    }

    /// Adds the record.
    pub fn add(&mut self, record: &Record) {
        self.size = self.with(record);
        self.last = Some(record.position.partition);
    }
}

pub(super) fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::record::Position;
    use super::*;

    fn at(partition: i32, offset: i64) -> Record {
        Record::alone(Position { partition, offset }, 0, "{}")
    }

    #[test]
    fn the_payload_groups_records_by_partition_and_its_computed_size_is_exact() {
        let envelope = Envelope::new("t", &EventSource::Msk("arn:aws:kafka:x".to_owned()), "127.0.0.1:9092");
        let records = [at(0, 1), at(0, 3), at(10, 7)];
        let payload = envelope.payload(&records).concat();
        assert_eq!(
            std::str::from_utf8(&payload).unwrap(),
            concat!(
                r#"{"eventSource":"aws:kafka","eventSourceArn":"arn:aws:kafka:x","#,
                r#""bootstrapServers":"127.0.0.1:9092","records":{"t-0":[{},{}],"t-10":[{}]}}"#
            )
        );
        for end in 1..=records.len() {
            assert_eq!(envelope.payload(&records[..end]).concat().len(), envelope.size(&records[..end]));
        }
    }
}
