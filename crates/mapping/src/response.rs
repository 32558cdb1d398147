//! Interprets the function's response to a batch.
//!
//! Source: the AWS Lambda developer guide on partial batch responses of Kafka sources. An empty or null list is a
//! success; an identifier that is not in the batch fails the whole batch.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::batch::{LastAnswer, Outcome};
use super::event::FunctionFailure;
use super::invoke::Answer;
use super::payload::Envelope;
use super::record::{Position, Record};

/// The kind of failure of an invocation that failed the whole batch.
#[must_use]
pub fn failure(last: &LastAnswer, body: &[u8]) -> FunctionFailure {
    if last.function_error.is_none() {
        return FunctionFailure::BadResponse;
    }
    let error: Value = serde_json::from_slice(body).unwrap_or_default();
    let message = error["errorMessage"].as_str();
    match error["errorType"].as_str() {
        Some("Sandbox.Timedout") => FunctionFailure::Timeout,
        Some("Runtime.ExitError") => FunctionFailure::Crash,
        Some("Function.ResponseSizeTooLarge") => FunctionFailure::ResponseTooLarge,
        // Some endpoints only say so in the message.
        None if message.is_some_and(|message| message.contains("Task timed out after")) => {
            FunctionFailure::Timeout
        }
        _ => FunctionFailure::Error,
    }
}

/// The outcome of a batch. `report` says whether the mapping has `ReportBatchItemFailures`; without it, the response
/// body is ignored.
#[must_use]
pub fn interpret(answer: &Answer, report: bool, envelope: &Envelope, sent: &[Record]) -> Outcome {
    let (last, body) = match answer {
        Answer::Returned { last, body } => (last.clone(), body),
        Answer::TooLarge => return Outcome::TooLarge,
        Answer::Throttled | Answer::Refused { .. } | Answer::Unreachable { .. } => return Outcome::NotRun,
    };
    if last.function_error.is_some() {
        return Outcome::Failed(last);
    }
    if !report {
        return Outcome::Done;
    }
    match failed_positions(body, envelope, sent) {
        Some(failed) if failed.is_empty() => Outcome::Done,
        Some(failed) => Outcome::Partial(failed, last),
        None => Outcome::Failed(last),
    }
}

/// The records that the body lists; `None` if it is invalid or lists a record that was not sent.
fn failed_positions(body: &[u8], envelope: &Envelope, sent: &[Record]) -> Option<BTreeSet<Position>> {
    if body.is_empty() {
        return Some(BTreeSet::new());
    }
    let response: Value = serde_json::from_slice(body).ok()?;
    let failures = match &response {
        Value::Null => return Some(BTreeSet::new()),
        Value::Object(response) => response.get("batchItemFailures").unwrap_or(&Value::Null),
        _ => return None,
    };
    if failures.is_null() {
        return Some(BTreeSet::new());
    }
    let known: BTreeSet<Position> = sent.iter().map(|record| record.position).collect();
    let partitions: BTreeMap<String, i32> = known
        .iter()
        .map(|position| (envelope.partition_name(position.partition), position.partition))
        .collect();
    let position = |failure: &Value| {
        // Indexing a missing field or a value that is not an object returns null.
        let item = &failure["itemIdentifier"];
        let partition = *partitions.get(item["partition"].as_str()?)?;
        let position = Position { partition, offset: item["offset"].as_i64()? };
        known.contains(&position).then_some(position)
    };
    failures.as_array()?.iter().map(position).collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tidings_trigger::EventSource;

    use super::*;

    fn last(function_error: Option<&str>) -> LastAnswer {
        LastAnswer {
            request_id: "r".to_owned(),
            status: 200,
            version: "$LATEST".to_owned(),
            function_error: function_error.map(str::to_owned),
        }
    }

    fn outcome(body: &str, report: bool, error: Option<&str>) -> Outcome {
        let envelope = Envelope::new("t.x", &EventSource::Msk("arn".to_owned()), "b");
        let sent: Vec<Record> = [(0, 1), (0, 2), (1, 1)]
            .map(|(partition, offset)| Record::alone(Position { partition, offset }, 0, Bytes::new()))
            .into();
        let body = Bytes::copy_from_slice(body.as_bytes());
        interpret(&Answer::Returned { last: last(error), body }, report, &envelope, &sent)
    }

    #[test]
    fn an_empty_list_is_a_success() {
        for body in [
            "",
            "null",
            "{}",
            r#"{"batchItemFailures":null}"#,
            r#"{"batchItemFailures":[]}"#,
            r#"{"statusCode":200}"#,
        ] {
            assert_eq!(outcome(body, true, None), Outcome::Done, "{body}");
        }
    }

    #[test]
    fn listed_records_fail_alone() {
        let body = r#"{"batchItemFailures":[{"itemIdentifier":{"partition":"t.x-0","offset":2}},
            {"itemIdentifier":{"partition":"t.x-1","offset":1}},{"itemIdentifier":{"partition":"t.x-0","offset":2}}]}"#;
        let failed =
            BTreeSet::from([Position { partition: 0, offset: 2 }, Position { partition: 1, offset: 1 }]);
        assert_eq!(outcome(body, true, None), Outcome::Partial(failed, last(None)));
        assert_eq!(outcome(body, false, None), Outcome::Done, "not read without ReportBatchItemFailures");
    }

    #[test]
    fn an_invalid_response_fails_the_batch() {
        for body in [
            "ok",
            r#""ok""#,
            "[]]",
            "[null]",
            "[[]]",
            r#"{"batchItemFailures":{}}"#,
            r#"{"batchItemFailures":[{}]}"#,
            r#"{"batchItemFailures":[[{"partition":"t.x-0","offset":1}]]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":["t.x-0",1]}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":{"partition":"","offset":1}}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":{"partition":"t.x-0","offset":"1"}}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":{"partition":"t.x-0","offset":9}}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":{"partition":"t.x-1","offset":2}}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":{"partition":"t.x-0","offset":1}},
                {"itemIdentifier":{"partition":"other-0","offset":1}}]}"#,
        ] {
            assert_eq!(outcome(body, true, None), Outcome::Failed(last(None)), "{body}");
        }
    }

    #[test]
    fn a_function_error_fails_the_batch_whatever_the_body() {
        for report in [true, false] {
            let outcome = outcome(r#"{"batchItemFailures":[]}"#, report, Some("Unhandled"));
            assert_eq!(outcome, Outcome::Failed(last(Some("Unhandled"))));
        }
    }

    #[test]
    fn failures_are_distinguished_by_lambdas_error_types() {
        for (body, expected) in [
            (r#"{"errorType":"Sandbox.Timedout","errorMessage":"x"}"#, FunctionFailure::Timeout),
            (
                r#"{"errorMessage":"2026-01-01 r Task timed out after 3.00 seconds"}"#,
                FunctionFailure::Timeout,
            ),
            (r#"{"errorType":"Runtime.ExitError"}"#, FunctionFailure::Crash),
            (r#"{"errorType":"Function.ResponseSizeTooLarge"}"#, FunctionFailure::ResponseTooLarge),
            (r#"{"errorType":"Oops"}"#, FunctionFailure::Error),
            ("no JSON", FunctionFailure::Error),
        ] {
            assert_eq!(failure(&last(Some("Unhandled")), body.as_bytes()), expected, "{body}");
        }
        assert_eq!(failure(&last(None), b"[]]"), FunctionFailure::BadResponse);
    }

    #[test]
    fn an_invocation_that_did_not_run_is_not_counted() {
        let envelope = Envelope::new("t.x", &EventSource::Msk("arn".to_owned()), "b");
        for answer in [
            Answer::Throttled,
            Answer::Refused { status: 500 },
            Answer::Unreachable { reason: "refused".to_owned() },
        ] {
            assert_eq!(interpret(&answer, true, &envelope, &[]), Outcome::NotRun);
        }
        assert_eq!(interpret(&Answer::TooLarge, true, &envelope, &[]), Outcome::TooLarge);
    }
}
