//! Inspects the emulator's state. Sent mail, sent SMS and messages in queues are read from ministack's pages under
//! `/_ministack/`, everything else with AWS's API.

use std::collections::BTreeMap;

use axum::body::Bytes;
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tidings_trigger::answer::elements;

use super::Emulator;
use super::client::{EmulatorError, send, text};

/// An e-mail that SES accepted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SentMail {
    /// The To addresses.
    pub to: Vec<String>,
    /// The subject line.
    pub subject: String,
    /// The plain text body.
    pub body_text: String,
    /// The HTML body.
    pub body_html: Option<String>,
}

/// An SMS that SNS accepted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SentSms {
    /// The phone number.
    pub phone_number: String,
    /// The text.
    pub message: String,
}

/// A message in an SQS queue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct QueueMessage {
    /// The message id.
    pub message_id: String,
    /// The message body.
    pub body: String,
    /// Needed to delete it; set only for received messages.
    receipt_handle: Option<String>,
}

impl Emulator {
    /// All e-mails, in the order of sending.
    pub async fn sent_mails(&self) -> Result<Vec<SentMail>, EmulatorError> {
        #[derive(Deserialize)]
        struct Page {
            messages: BTreeMap<String, Vec<SentMail>>,
        }
        let page: Page = self.inspect("/_ministack/ses/messages", "messages").await?;
        Ok(page.messages.into_values().flatten().collect())
    }

    /// All SMS, grouped by phone number.
    pub async fn sent_sms(&self) -> Result<Vec<SentSms>, EmulatorError> {
        #[derive(Deserialize)]
        struct Page {
            sms_messages: BTreeMap<String, Vec<SentSms>>,
        }
        let page: Page = self.inspect("/_ministack/sns/sms-messages", "sms_messages").await?;
        Ok(page.sms_messages.into_values().flatten().collect())
    }

    /// All messages in a queue, without receiving them.
    pub async fn queue_messages(&self, queue: &str) -> Result<Vec<QueueMessage>, EmulatorError> {
        #[derive(Deserialize)]
        struct Page {
            /// By account, region and queue URL.
            messages: BTreeMap<String, BTreeMap<String, BTreeMap<String, Vec<QueueMessage>>>>,
        }
        let filter = form_urlencoded::Serializer::new(String::new())
            .append_pair("QueueUrl", &self.queue_url(queue))
            .finish();
        let page: Page = self.inspect(&format!("/_ministack/sqs/messages?{filter}"), "messages").await?;
        let regions = page.messages.into_values().flat_map(BTreeMap::into_values);
        Ok(regions.flat_map(BTreeMap::into_values).flatten().collect())
    }

    /// Receives and deletes the visible messages of a queue.
    pub async fn drain_queue(&self, queue: &str) -> Result<Vec<QueueMessage>, EmulatorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Received {
            #[serde(default)]
            messages: Vec<QueueMessage>,
        }
        const RECEIVE: &str = "AmazonSQS.ReceiveMessage";
        let url = self.queue_url(queue);
        let mut drained = Vec::new();
        loop {
            let input = json!({"QueueUrl": url, "MaxNumberOfMessages": 10});
            let output = self.json("sqs", RECEIVE, &input).await?;
            let received: Received = read(RECEIVE, "Messages", output)?;
            if received.messages.is_empty() {
                return Ok(drained);
            }
            for message in &received.messages {
                let input = json!({"QueueUrl": url, "ReceiptHandle": message.receipt_handle});
                self.json("sqs", "AmazonSQS.DeleteMessage", &input).await?;
            }
            drained.extend(received.messages);
        }
    }

    /// The sorted keys of a bucket's objects that begin with `prefix`.
    pub async fn objects(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, EmulatorError> {
        let mut keys = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query
                .append_pair("list-type", "2")
                .append_pair("encoding-type", "url")
                .append_pair("prefix", prefix);
            if let Some(token) = &next {
                query.append_pair("continuation-token", token);
            }
            let request = self.request(Method::GET, "s3", &format!("/{bucket}?{}", query.finish()));
            let page = text("ListObjectsV2", request).await?;
            keys.extend(elements(&page, "Key").map(url_decode));
            next = elements(&page, "NextContinuationToken").next().map(str::to_owned);
            if next.is_none() {
                return Ok(keys);
            }
        }
    }

    /// The content of an object.
    pub async fn object(&self, bucket: &str, key: &str) -> Result<Bytes, EmulatorError> {
        let operation = "GetObject";
        let key = percent_encoding::utf8_percent_encode(key, percent_encoding::NON_ALPHANUMERIC);
        let request = self.request(Method::GET, "s3", &format!("/{bucket}/{key}"));
        let response = send(operation, request).await?;
        response
            .bytes()
            .await
            .map_err(|source| EmulatorError::Unreachable { operation: operation.to_owned(), source })
    }

    /// All items of a table, as `DynamoDB` JSON.
    pub async fn items(&self, table: &str) -> Result<Vec<Value>, EmulatorError> {
        const SCAN: &str = "DynamoDB_20120810.Scan";
        let mut items = Vec::new();
        let mut input = json!({"TableName": table, "ConsistentRead": true});
        loop {
            let mut page = self.json("dynamodb", SCAN, &input).await?;
            items.extend(read::<Vec<Value>>(SCAN, "Items", page["Items"].take())?);
            match page["LastEvaluatedKey"].take() {
                Value::Null => return Ok(items),
                last => input["ExclusiveStartKey"] = last,
            }
        }
    }

    async fn inspect<T: DeserializeOwned>(
        &self,
        path: &str,
        field: &'static str,
    ) -> Result<T, EmulatorError> {
        let page = text(path, self.request(Method::GET, "s3", path)).await?;
        read(path, field, serde_json::from_str(&page).unwrap_or_default())
    }
}

fn read<T: DeserializeOwned>(
    operation: &str,
    missing: &'static str,
    output: Value,
) -> Result<T, EmulatorError> {
    serde_json::from_value(output)
        .map_err(|_| EmulatorError::Unexpected { operation: operation.to_owned(), missing })
}

/// Decodes S3's `encoding-type=url`, in which a space may be a `+` as in a form.
fn url_decode(key: &str) -> String {
    let spaced = key.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}
