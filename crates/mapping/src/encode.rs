//! Encodes Kafka messages as the JSON of Lambda's payload, byte for byte.
//!
//! Source: the AWS Lambda developer guide, "Using Lambda with Amazon MSK", example event.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use base64::engine::general_purpose::PAD;
use base64::engine::simd::Simd;
use base64::{Engine, encoded_len};
use bytes::Bytes;
use rdkafka::message::{Header, Headers, Message, Timestamp};

use super::payload::json_string;
use super::record::{Position, Record};

/// The approximate size of a record's JSON without topic, key, value and headers.
const AROUND: usize = 160;

/// A SIMD encoder, because values are most of the data.
static BASE64: LazyLock<Simd> = LazyLock::new(|| Simd::standard(PAD));

/// Encodes messages of one topic as records in contiguous memory.
pub(super) fn encode<M: Message>(messages: &[&M]) -> Vec<Record> {
    let Some(first) = messages.first() else { return Vec::new() };
    let topic = json_string(first.topic());
    let base64 = |bytes: Option<&[u8]>| bytes.map_or(0, |bytes| bytes.len() * 4 / 3);
    let room = |message: &&M| AROUND + topic.len() + base64(message.key()) + base64(message.payload());
    let mut text = Vec::with_capacity(messages.iter().map(room).sum());
    let places: Vec<_> = messages
        .iter()
        .map(|message| {
            if !text.is_empty() {
                text.push(b',');
            }
            let start = text.len();
            write_record(&mut text, &topic, *message);
            start..text.len()
        })
        .collect();
    let text = Bytes::from(text);
    let records = messages
        .iter()
        .zip(places)
        .map(|(message, place)| Record::new(position(*message), timestamp(*message).0, text.clone(), place));
    records.collect()
}

/// Encodes one message as in a payload.
pub(super) fn encode_one<M: Message>(message: &M) -> Bytes {
    let mut text = Vec::new();
    write_record(&mut text, &json_string(message.topic()), message);
    text.into()
}

/// The message's position.
pub(super) fn position<M: Message>(message: &M) -> Position {
    Position { partition: message.partition(), offset: message.offset() }
}

fn timestamp<M: Message>(message: &M) -> (i64, &'static str) {
    match message.timestamp() {
        Timestamp::CreateTime(millis) => (millis, "CREATE_TIME"),
        Timestamp::LogAppendTime(millis) => (millis, "LOG_APPEND_TIME"),
        // Kafka's name for records in the format before 0.10.
        Timestamp::NotAvailable => (-1, "NO_TIMESTAMP_TYPE"),
    }
}

fn write_record<M: Message>(out: &mut Vec<u8>, topic: &str, message: &M) {
    let (timestamp, kind) = timestamp(message);
    write_text(out, &[r#"{"topic":"#, topic, r#","partition":"#]);
    write_number(out, message.partition());
    write_text(out, &[r#","offset":"#]);
    write_number(out, message.offset());
    write_text(out, &[r#","timestamp":"#]);
    write_number(out, timestamp);
    write_text(out, &[r#","timestampType":""#, kind, "\""]);
    for (name, bytes) in [("key", message.key()), ("value", message.payload())] {
        if let Some(bytes) = bytes {
            write_text(out, &[",\"", name, "\":\""]);
            write_base64(out, bytes);
            out.push(b'"');
        }
    }
    write_text(out, &[r#","headers":["#]);
    if let Some(headers) = message.headers() {
        write_headers(out, headers, position(message));
    }
    write_text(out, &["]}"]);
}

fn write_text(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

fn write_number(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Encodes directly into `out`.
fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    // No message is so long that the length overflows.
    out.resize(start + encoded_len(bytes.len(), true).unwrap_or_default(), 0);
    let _ = BASE64.encode_slice(bytes, &mut out[start..]);
}

fn write_headers(out: &mut Vec<u8>, headers: &impl Headers, at: Position) {
    let mut first = true;
    for index in 0..headers.count() {
        // rdkafka panics on a name that is not UTF-8. Kafka's protocol does not allow one, but a client may send it,
        // and it must not stop the partition.
        let Ok(header) = catch_unwind(AssertUnwindSafe(|| headers.get(index))) else {
            tracing::warn!(
                kafka.partition = at.partition,
                kafka.offset = at.offset,
                "left out a header whose name is not UTF-8"
            );
            continue;
        };
        if !first {
            out.push(b',');
        }
        first = false;
        write_header(out, &header);
    }
}

/// Header bytes are signed in the payload, like Java's bytes.
fn write_header(out: &mut Vec<u8>, header: &Header<'_, &[u8]>) {
    write_text(out, &["{", &json_string(header.key), ":"]);
    match header.value {
        None => write_text(out, &["null"]),
        Some(bytes) => {
            out.push(b'[');
            for (index, byte) in bytes.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_number(out, byte.cast_signed());
            }
            out.push(b']');
        }
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;
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

    fn text(message: &OwnedMessage) -> String {
        let records = encode(&[message]);
        String::from_utf8(records[0].json().to_vec()).unwrap()
    }

    #[test]
    fn a_full_record_has_signed_header_bytes_and_base64() {
        let headers = OwnedHeaders::new()
            .insert(Header { key: "traceparent", value: Some(&[48_u8, 0xC3, 255][..]) })
            .insert(Header::<&[u8]> { key: "none", value: None });
        assert_eq!(
            text(&message(Some(b"k"), Some(b"{}"), Some(headers))),
            concat!(
                r#"{"topic":"t.x","partition":2,"offset":15,"timestamp":1545084650987,"#,
                r#""timestampType":"CREATE_TIME","key":"aw==","value":"e30=","#,
                r#""headers":[{"traceparent":[48,-61,-1]},{"none":null}]}"#
            )
        );
    }

    /// Headers of which the second name is not UTF-8, so that rdkafka panics.
    struct OddHeaders;

    impl Headers for OddHeaders {
        fn count(&self) -> usize {
            3
        }

        fn try_get(&self, index: usize) -> Option<Header<'_, &[u8]>> {
            assert_ne!(index, 1, "invalid utf-8");
            Some(Header { key: ["before", "", "after"][index], value: None })
        }
    }

    #[test]
    fn a_header_whose_name_is_not_utf_8_is_left_out() {
        let mut out = Vec::new();
        write_headers(&mut out, &OddHeaders, Position { partition: 0, offset: 0 });
        assert_eq!(str::from_utf8(&out).unwrap(), r#"{"before":null},{"after":null}"#);
    }

    #[test]
    fn a_keyless_tombstone_has_neither_key_nor_value() {
        assert_eq!(
            text(&message(None, None, None)),
            concat!(
                r#"{"topic":"t.x","partition":2,"offset":15,"timestamp":1545084650987,"#,
                r#""timestampType":"CREATE_TIME","headers":[]}"#
            )
        );
    }

    #[test]
    fn an_empty_key_and_value_are_not_absent() {
        assert!(text(&message(Some(b""), Some(b""), None)).contains(r#""key":"","value":"","#));
    }

    /// Tests every length, because the encoder processes long values in blocks.
    #[test]
    fn base64_equals_that_of_the_standard_encoder() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        for end in 0..bytes.len() {
            let mut out = b"before".to_vec();
            write_base64(&mut out, &bytes[..end]);
            assert_eq!(out, format!("before{}", BASE64_STANDARD.encode(&bytes[..end])).as_bytes());
        }
    }

    #[test]
    fn contiguous_records_of_one_read_are_joined_into_one_piece() {
        let message = message(None, Some(b"{}"), None);
        let records = encode(&[&message; 4]);
        let pieces =
            |records: &[Record]| Record::joined(records).map(|piece| piece.len()).collect::<Vec<_>>();
        let one = records[0].json().len();
        assert_eq!(pieces(&records), [4 * one + 3]);
        assert_eq!(pieces(&[records[0].clone(), records[1].clone(), records[3].clone()]), [2 * one + 1, one]);
        assert_eq!(pieces(&[records[0].clone(), encode(&[&message; 2])[1].clone()]), [one, one]);
    }
}
