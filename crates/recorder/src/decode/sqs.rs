//! SQS: JSON 1.0.

use axum::body::Bytes;
use serde_json::Value;

use super::{CallDetails, Decoded, text};

pub(super) fn decode(operation: String, body: &Bytes) -> Decoded {
    let input: Value = serde_json::from_slice(body).unwrap_or_default();
    let queue = text(&input, "/QueueUrl");
    match (operation.as_str(), queue, text(&input, "/MessageBody")) {
        ("SendMessage", Some(queue), Some(body)) => Decoded {
            operation,
            event_id: serde_json::from_str(&body).ok().and_then(|letter| event_id(&letter)),
            resource: Some(queue.clone()),
            details: CallDetails::SqsSend { queue, body },
        },
        (_, queue, _) => Decoded::other(operation, queue),
    }
}

/// The event id in a dead letter, or the position of its record.
fn event_id(letter: &Value) -> Option<String> {
    text(letter, "/eventId").or_else(|| {
        let record = letter.get("record")?;
        let topic = text(record, "/topic")?;
        Some(format!("{topic}/{}/{}", record["partition"].as_u64()?, record["offset"].as_u64()?))
    })
}
