use std::sync::{Arc, Mutex};

use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectInput, PutObjectOutput};
use aws_sdk_sqs::operation::send_message::{SendMessageError, SendMessageOutput};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use jiff::Timestamp;
use serde_json::{Value, value::RawValue};

use super::*;
use crate::dead_letter::Story;

fn letter(record: &str) -> DeadLetter {
    DeadLetter {
        event_id: Some("EVT-1".to_owned()),
        event_type: Some("door.opened".to_owned()),
        trace_id: None,
        function: "email".to_owned(),
        function_version: "7".to_owned(),
        request_id: "request-1".to_owned(),
        error: Story { error_type: "Refused".to_owned(), message: "never".to_owned() },
        attempts: 1,
        first_attempt_at: Timestamp::UNIX_EPOCH,
        last_attempt_at: Timestamp::UNIX_EPOCH,
        source: "door.opened-3".to_owned(),
        record: Some(RawValue::from_string(record.to_owned()).unwrap()),
        stored_in: None,
    }
}

/// A dead letter whose message has exactly this many bytes.
fn letter_of(bytes: usize) -> DeadLetter {
    let padding = bytes - message(&letter("\"\"")).len();
    letter(&format!("\"{}\"", "x".repeat(padding)))
}

type Sent = Arc<Mutex<Vec<String>>>;

fn taken() -> (Rule, Sent) {
    let sent = Sent::default();
    let bodies = Arc::clone(&sent);
    let rule = mock!(aws_sdk_sqs::Client::send_message)
        .match_requests(move |message| {
            bodies.lock().unwrap().push(message.message_body().unwrap().to_owned());
            message.queue_url() == Some("http://queue")
        })
        .then_output(|| SendMessageOutput::builder().build());
    (rule, sent)
}

fn stored() -> (Rule, Sent) {
    let objects = Sent::default();
    let bodies = Arc::clone(&objects);
    let rule = mock!(aws_sdk_s3::Client::put_object)
        .match_requests(move |put: &PutObjectInput| {
            let body = String::from_utf8(put.body().bytes().unwrap().to_vec()).unwrap();
            bodies.lock().unwrap().extend([put.key().unwrap().to_owned(), body]);
            put.bucket() == Some("dead-letters")
        })
        .then_output(|| PutObjectOutput::builder().build());
    (rule, objects)
}

fn queue(sqs: &Rule, s3: &Rule) -> SqsDeadLetters {
    SqsDeadLetters {
        sqs: mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [sqs]),
        s3: mock_client!(aws_sdk_s3, RuleMode::MatchAny, [s3]),
        queue_url: "http://queue".to_owned(),
        bucket: "dead-letters".to_owned(),
    }
}

#[tokio::test]
async fn a_dead_letter_is_one_message_with_the_unchanged_record() {
    let (take, sent) = taken();
    let (store, _) = stored();
    queue(&take, &store).send(&letter(r#"{ "offset" :1}"#)).await.unwrap();
    let body = sent.lock().unwrap().remove(0);
    assert!(body.contains(r#""record":{ "offset" :1}"#), "{body}");
    assert_eq!(store.num_calls(), 0);
}

#[tokio::test]
async fn a_dead_letter_of_exactly_the_limit_is_one_message() {
    let (take, sent) = taken();
    let (store, _) = stored();
    queue(&take, &store).send(&letter_of(MAX_MESSAGE_BYTES)).await.unwrap();
    assert_eq!(sent.lock().unwrap()[0].len(), MAX_MESSAGE_BYTES);
    assert_eq!(store.num_calls(), 0);
}

#[tokio::test]
async fn a_dead_letter_over_the_limit_is_stored_in_s3() {
    let (take, sent) = taken();
    let (store, objects) = stored();
    let letter = letter_of(MAX_MESSAGE_BYTES + 1);
    queue(&take, &store).send(&letter).await.unwrap();
    let object = objects.lock().unwrap().clone();
    assert_eq!(object[1], message(&letter), "the whole letter");
    let pointer = sent.lock().unwrap().remove(0);
    assert!(pointer.len() < 2_000);
    let pointer: Value = serde_json::from_str(&pointer).unwrap();
    let sha256 = hex::encode(Sha256::digest(&object[1]));
    assert_eq!(object[0], format!("dead-letters/email/door.opened-3/{sha256}.json"));
    assert_eq!(pointer["storedIn"]["bucket"], "dead-letters");
    assert_eq!(pointer["storedIn"]["key"], object[0]);
    assert_eq!(pointer["storedIn"]["sha256"], sha256);
    assert_eq!(pointer["error"]["type"], "Refused");
    assert!(pointer.get("record").is_none());
}

#[tokio::test]
async fn no_pointer_is_sent_if_the_bucket_fails() {
    let (take, sent) = taken();
    let refuse =
        mock!(aws_sdk_s3::Client::put_object).then_error(|| PutObjectError::unhandled("the test refuses"));
    queue(&take, &refuse).send(&letter_of(MAX_MESSAGE_BYTES + 1)).await.unwrap_err();
    assert!(sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_refused_message_is_an_error() {
    let refuse = mock!(aws_sdk_sqs::Client::send_message)
        .then_error(|| SendMessageError::unhandled("the test refuses"));
    queue(&refuse, &stored().0).send(&letter("{}")).await.unwrap_err();
}

#[tokio::test]
async fn characters_that_sqs_refuses_are_escaped() {
    let (take, sent) = taken();
    let record = "{\"name\":\"a\u{fffe}b\u{ffff}c\u{7f}\u{1f600}\"}";
    queue(&take, &stored().0).send(&letter(record)).await.unwrap();
    let body = sent.lock().unwrap().remove(0);
    let forbidden = |character: char| {
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
        !matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    };
    assert!(!body.contains(forbidden), "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["record"], serde_json::from_str::<Value>(record).unwrap());
}
