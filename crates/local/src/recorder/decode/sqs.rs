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
            event_id: serde_json::from_str(&body).ok().and_then(|json| text(&json, "/eventId")),
            resource: Some(queue.clone()),
            details: CallDetails::SqsSend { queue, body },
        },
        (_, queue, _) => Decoded::other(operation, queue),
    }
}
