//! Sends dead letters to SQS. Those over its size limit are stored in S3, with a pointer in the queue.

use aws_config::SdkConfig;
use aws_sdk_s3::primitives::ByteStream;
use futures::{FutureExt as _, future::BoxFuture};
use sha2::{Digest as _, Sha256};

use crate::{
    dead_letter::{DeadLetter, DeadLetterQueue, QueueError, StoredIn},
    error::HandlerError,
};

/// The largest message that SQS accepts, in bytes: 1 MiB
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>).
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// A dead letter queue in SQS, with a bucket for dead letters that are too large for it.
pub struct SqsDeadLetters {
    sqs: aws_sdk_sqs::Client,
    s3: aws_sdk_s3::Client,
    queue_url: String,
    bucket: String,
}

impl SqsDeadLetters {
    /// Sends to `queue_url`, and stores dead letters that are too large in `bucket`.
    #[must_use]
    pub fn new(aws: &SdkConfig, queue_url: String, bucket: String) -> Self {
        Self { sqs: aws_sdk_sqs::Client::new(aws), s3: aws_sdk_s3::Client::new(aws), queue_url, bucket }
    }

    async fn deliver(&self, letter: &DeadLetter) -> Result<(), HandlerError> {
        let body = message(letter);
        let body = if body.len() > MAX_MESSAGE_BYTES { self.store(letter, body).await? } else { body };
        self.sqs.send_message().queue_url(&self.queue_url).message_body(body).send().await?;
        Ok(())
    }

    /// Stores the whole dead letter and returns the message that points to it. The object's key depends on the content,
    /// so that a repeated send overwrites the same object.
    async fn store(&self, letter: &DeadLetter, body: String) -> Result<String, HandlerError> {
        let sha256 = hex::encode(Sha256::digest(&body));
        let key = format!("dead-letters/{}/{}/{sha256}.json", letter.function, letter.source);
        self.s3
            .put_object()
            .bucket(&self.bucket)
            .key(&key)
            .content_type("application/json")
            .body(ByteStream::from(body.into_bytes()))
            .send()
            .await?;
        let stored_in = Some(StoredIn { bucket: self.bucket.clone(), key, sha256 });
        Ok(message(&DeadLetter { record: None, stored_in, ..letter.clone() }))
    }
}

impl DeadLetterQueue for SqsDeadLetters {
    fn send<'a>(&'a self, letter: &'a DeadLetter) -> BoxFuture<'a, Result<(), QueueError>> {
        self.deliver(letter).map(|sent| sent.map_err(|error| QueueError(error.to_string()))).boxed()
    }
}

/// The dead letter as JSON. SQS refuses the two code points that XML forbids. In JSON they can occur only in strings,
/// where they can be escaped.
fn message(letter: &DeadLetter) -> String {
    serde_json::to_string(letter)
        .expect("a dead letter has only string keys")
        .replace('\u{fffe}', "\\ufffe")
        .replace('\u{ffff}', "\\uffff")
}

#[cfg(test)]
mod tests;
