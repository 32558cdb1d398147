//! One recorded AWS call.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

/// One AWS call. Calls that a fault swallowed, or whose caller was killed before they were forwarded, are not
/// recorded.
#[derive(Debug, Clone)]
pub struct Call {
    /// When the recorder had received the whole request.
    pub at: Timestamp,
    /// When the recorder had the response.
    pub answered: Timestamp,
    /// The caller's access key id: `{function}.{instance number}` for the local stack's functions; empty for an
    /// unsigned request.
    pub source: String,
    /// The function's name: the part of `source` before its last dot.
    pub function: String,
    /// The service in the signature's credential scope: `ses`, `sns`, `s3`, `sqs`, `dynamodb`.
    pub service: String,
    /// The API operation, e.g. `SendEmail`; method and path if it is unknown.
    pub operation: String,
    /// The HTTP status of the response: the emulator's, an injected fault's, 502 if the emulator was unreachable,
    /// or 413 if the request was too large.
    pub status: u16,
    /// Whether the emulator got the request; `false` for an injected response.
    pub reached: bool,
    /// Whether a fault killed the caller after this call, so that it never saw the response.
    pub killed: bool,
    /// The id of the event that caused the call, from its tag, attribute, metadata or item attribute. For a record
    /// without a readable id it is `topic/partition/offset`.
    pub event_id: Option<String>,
    /// The table name, queue URL, bucket or endpoint ARN.
    pub resource: Option<String>,
    /// The decoded request.
    pub details: CallDetails,
}

impl Call {
    /// Whether the emulator got and accepted the call.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.reached && (200..300).contains(&self.status)
    }
}

/// The decoded fields of a request, per operation.
#[derive(Debug, Clone, PartialEq)]
pub enum CallDetails {
    /// SES v2 `SendEmail` with simple content.
    SendEmail {
        /// The To addresses.
        to: Vec<String>,
        /// The subject line.
        subject: String,
        /// The plain text body.
        text: Option<String>,
        /// The HTML body.
        html: Option<String>,
        /// The message tags by name.
        tags: BTreeMap<String, String>,
        /// The additional message headers by name.
        headers: BTreeMap<String, String>,
    },
    /// SNS `Publish` to a phone number.
    PublishSms {
        /// The phone number, E.164.
        phone: String,
        /// The text.
        message: String,
        /// The message attributes by name.
        attributes: BTreeMap<String, String>,
    },
    /// SNS `Publish` to an ARN: the endpoint of a device.
    PublishPush {
        /// The ARN of the endpoint (or topic).
        endpoint_arn: String,
        /// The message as sent; JSON per platform if the message structure is `json`.
        message: String,
        /// The message attributes by name.
        attributes: BTreeMap<String, String>,
    },
    /// S3 `PutObject`.
    PutObject {
        /// The bucket.
        bucket: String,
        /// The key, percent-decoded.
        key: String,
        /// The user metadata, names without `x-amz-meta-`.
        metadata: BTreeMap<String, String>,
        /// SHA-256 of the content, lowercase hex.
        sha256: String,
        /// The content, without `aws-chunked` framing.
        body: Bytes,
    },
    /// SQS `SendMessage`.
    SqsSend {
        /// The queue URL.
        queue: String,
        /// The message body.
        body: String,
    },
    /// `DynamoDB` `PutItem`.
    PutItem {
        /// The table.
        table: String,
        /// The item as `DynamoDB` JSON (`{"id": {"S": "..."}}`).
        item: Value,
        /// The condition expression.
        condition: Option<String>,
        /// The expression attribute values as `DynamoDB` JSON.
        values: Value,
    },
    /// `DynamoDB` `UpdateItem`.
    UpdateItem {
        /// The table.
        table: String,
        /// The item's key as `DynamoDB` JSON.
        key: Value,
        /// The update expression.
        update: Option<String>,
        /// The condition expression.
        condition: Option<String>,
        /// The expression attribute values as `DynamoDB` JSON.
        values: Value,
    },
    /// `DynamoDB` `GetItem`.
    GetItem {
        /// The table.
        table: String,
        /// The item's key as `DynamoDB` JSON.
        key: Value,
    },
    /// `DynamoDB` `DeleteItem`.
    DeleteItem {
        /// The table.
        table: String,
        /// The item's key as `DynamoDB` JSON.
        key: Value,
        /// The condition expression.
        condition: Option<String>,
    },
    /// Any other operation, or a request that could not be decoded.
    Other,
}
