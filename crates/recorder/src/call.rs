//! One recorded AWS call.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

/// One AWS call as it happened. Calls that a fault swallowed, or that were killed before anything was
/// forwarded, never happened and are not recorded.
#[derive(Debug, Clone)]
pub struct Call {
    /// When the whole request had arrived at the recorder.
    pub at: Timestamp,
    /// When its answer was known.
    pub answered: Timestamp,
    /// The access key id of the caller: `{function}.{instance number}` for the local stack's functions; empty
    /// for an unsigned request.
    pub source: String,
    /// The part of the source before its last dot: the function's name.
    pub function: String,
    /// The service as the signature's credential scope names it: `ses`, `sns`, `s3`, `sqs`, `dynamodb`.
    pub service: String,
    /// The API operation, e.g. `SendEmail`; method and path where it is not known.
    pub operation: String,
    /// The HTTP status of the answer: the emulator's, an injected fault's, or 502 where the emulator was
    /// unreachable and 413 where the request was too large.
    pub status: u16,
    /// Whether the emulator got the request. An injected answer has `false` here.
    pub reached: bool,
    /// Whether a fault killed the caller after this call, so that the caller never saw the answer.
    pub killed: bool,
    /// The event that the call serves: the tag, attribute, metadata or item attribute that carries its id; for
    /// a record without a readable id, `topic/partition/offset`.
    pub event_id: Option<String>,
    /// What the call works on: table name, queue URL, bucket or endpoint ARN.
    pub resource: Option<String>,
    /// The decoded request.
    pub details: CallDetails,
}

impl Call {
    /// Whether the call had its effect: the emulator got it and accepted it.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.reached && (200..300).contains(&self.status)
    }
}

/// The decoded fields of a request, per operation. String maps are in key order.
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
        /// The message as sent, JSON per platform where the message structure says so.
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
        /// The content, without the framing of `aws-chunked`.
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
    /// Any other operation, or one whose request could not be read.
    Other,
}
