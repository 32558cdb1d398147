//! Dead letters and their queue.

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::Failure;

/// A dead letter: the whole record and why it was not handled.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// The event's id, if it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The event's type, if it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// The trace that the event belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The function that gave up.
    pub function: String,
    /// Its version (`AWS_LAMBDA_FUNCTION_VERSION`).
    pub function_version: String,
    /// The request id of the invocation that gave up.
    pub request_id: String,
    /// The last failure.
    pub error: Story,
    /// The number of handler calls in that invocation, or of unfinished starts before it.
    pub attempts: u32,
    /// When the first of them began.
    pub first_attempt_at: Timestamp,
    /// When the last of them ended.
    pub last_attempt_at: Timestamp,
    /// The name under which the payload lists the record, `topic-partition`.
    pub source: String,
    /// The record, byte for byte as received from Lambda: position, timestamp, key, value and headers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Box<RawValue>>,
    /// Where the whole dead letter is, if it was too large for a queue message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored_in: Option<StoredIn>,
}

/// A failure in a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Story {
    /// A stable name, e.g. `MalformedEvent` or `MessageRejected`.
    #[serde(rename = "type")]
    pub error_type: String,
    /// A message for people.
    pub message: String,
}

impl From<&Failure> for Story {
    fn from(failure: &Failure) -> Self {
        Self { error_type: failure.error_type.clone(), message: failure.message.clone() }
    }
}

/// An S3 object that holds a whole dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredIn {
    /// The bucket that holds the object.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// SHA-256 of the object, in hexadecimal.
    pub sha256: String,
}

/// The queue, or the bucket for large dead letters, did not accept the dead letter. The record is returned.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the dead letter was not accepted: {0}")]
pub struct QueueError(pub String);

/// A function's dead letter queue.
pub trait DeadLetterQueue: Send + Sync + 'static {
    /// Sends a dead letter; `Ok` once it is stored durably.
    fn send<'a>(&'a self, letter: &'a DeadLetter) -> BoxFuture<'a, Result<(), QueueError>>;
}
