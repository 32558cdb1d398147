//! Records that nothing can be made of: each in the dead letter queue of every subscriber, with its whole content
//! and its story; the good ones beside them are done.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use tidings_cli::demo::effect::Published;
use tidings_local::produce::OutgoingRecord;
use tidings_recorder::CallDetails;
use tidings_tests::{System, audit_line, fixture, fixture_bytes, ledger_item, mail, record, sms};

const TOPIC: &str = "account.frozen";
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

struct Bad {
    name: &'static str,
    value: Vec<u8>,
    error_type: &'static str,
    /// Whether the event's id can be read all the same.
    event_id: Option<&'static str>,
}

fn bad_records() -> Vec<Bad> {
    let bad =
        |name, value: &[u8], error_type, event_id| Bad { name, value: value.to_vec(), error_type, event_id };
    let envelope = |id: &str, event_type: &str, version: &str| {
        format!(
            r#"{{"event_id":"{id}","event_type":"{event_type}","timestamp":"2026-01-01T00:00:00Z","version":"{version}","data":{{}},"metadata":{{}}}}"#
        )
        .into_bytes()
    };
    vec![
        bad("broken JSON", br#"{"event_id": "EVT-1", "data"#, "MalformedEvent", None),
        bad("no UTF-8", &[0xff, 0x00, 0xfe, 0x80], "MalformedEvent", None),
        bad("empty", b"", "MalformedEvent", None),
        bad("no object", b"42", "MalformedEvent", None),
        bad("field missing", &envelope("EVT-missing", TOPIC, "1.0"), "MalformedEvent", Some("EVT-missing")),
        bad(
            "unknown type",
            &envelope("EVT-type", "account.teleported", "1.0"),
            "UnknownEventType",
            Some("EVT-type"),
        ),
        bad(
            "unknown version",
            &envelope("EVT-version", TOPIC, "2.0"),
            "UnknownEventVersion",
            Some("EVT-version"),
        ),
        bad("wrong topic", &envelope("EVT-topic", "bill.paid", "1.0"), "WrongTopic", Some("EVT-topic")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_bad_record_is_dead_lettered_with_its_whole_content_and_story() {
    let system = System::start(&[]).await;
    let bad_records = bad_records();
    let mut published = Vec::new();
    for bad in &bad_records {
        published.push(system.publish(outgoing(&bad.value)).await);
    }
    // A tombstone is done without anything; a good record of the same key, and so the same partition, is done.
    let tombstone = OutgoingRecord { value: None, ..outgoing(b"") };
    let tombstone = system.publish(tombstone).await;
    let good = fixture("account.frozen-basic");
    let good_record = OutgoingRecord { key: Some(b"ACC-bad".to_vec()), ..record(&good) };
    let good_place = system.publish(good_record).await.place();
    system.settled().await;

    for function in ["bank-email", "bank-sms"] {
        let letters = system.dead_letters(function).await;
        assert_eq!(letters.len(), bad_records.len(), "{function}");
        for (bad, published) in bad_records.iter().zip(&published) {
            let letter = letters
                .iter()
                .find(|letter| letter["record"]["offset"] == published.offset)
                .unwrap_or_else(|| panic!("{function} has a dead letter for {}", bad.name));
            check_content(letter, bad, published);
            check_story(letter, bad, function);
        }
    }
    assert_eq!(system.times(&mail(good.event_id.to_string())), 1);
    assert_eq!(system.times(&sms(good.event_id.to_string())), 1);
    // audit keeps all of it, byte for byte, and dead-letters nothing.
    assert_eq!(system.dead_letters("bank-audit").await.len(), 0);
    let places = published.iter().chain([&tombstone]).map(Published::place).chain([good_place]);
    for place in places {
        assert_eq!(system.times(&audit_line(place.clone())), 1, "{place}");
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_number_that_is_none_costs_the_sms_only() {
    let system = System::start(&[]).await;
    let event = fixture("bill.paid-invalid-phone");
    system.publish(record(&event)).await;
    system.settled().await;

    let id = event.event_id.to_string();
    let letters = system.dead_letters("bank-sms").await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0]["error"]["type"], "InvalidPhoneNumber");
    assert_eq!(letters[0]["attempts"], 1);
    assert_eq!(system.times(&sms(id.clone())), 0);
    assert_eq!(system.times(&mail(id.clone())), 1);
    assert_eq!(system.times(&ledger_item(id)), 1);
    assert!(!system.lines().iter().any(|line| line.contains("user_phone") || line.contains("+12345")));
    system.stop().await;
}

/// In base64 the record alone is larger than an SQS message may be.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_too_large_for_the_queue_is_in_the_bucket_and_the_queue_points_to_it() {
    let system = System::start(&[]).await;
    let value = vec![b'x'; 900_000];
    let published = system.publish(outgoing(&value)).await;
    system.settled().await;

    let letters = system.dead_letters("bank-email").await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0]["error"]["type"], "MalformedEvent");
    assert_eq!(letters[0]["record"], Value::Null);
    let stored = &letters[0]["storedIn"];
    let (bucket, key) = (stored["bucket"].as_str().unwrap(), stored["key"].as_str().unwrap());
    let body = system.stack.emulator.object(bucket, key).await.unwrap();
    let whole: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(whole["record"]["offset"], published.offset);
    assert_eq!(decoded(&whole["record"]["value"]), value);
    // And its facts are stored: a redelivery stores nothing again.
    let puts = |call: &std::sync::Arc<tidings_recorder::Call>| {
        call.is_success()
            && matches!(&call.details, CallDetails::PutObject { key, .. } if key.starts_with("dead-letters/bank-email/"))
    };
    assert_eq!(system.stack.recorder.calls().iter().filter(|call| puts(call)).count(), 1);
    system.stop().await;
}

/// The seed's own example, with every oddity that a producer's headers can have.
#[tokio::test(flavor = "multi_thread")]
async fn odd_headers_cost_nothing() {
    let system = System::start(&[]).await;
    let event = fixture("transaction.completed-seed");
    let headers =
        [("traceparent", TRACEPARENT.as_bytes()), ("empty", b""), ("bytes", &[0x00, 0x7f, 0x80, 0xff])];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_vec())).to_vec();
    let record = OutgoingRecord {
        value: Some(fixture_bytes("transaction.completed-seed")),
        headers,
        ..record(&event)
    };
    system.publish(record).await;
    system.settled().await;

    assert_eq!(system.times(&mail(event.event_id.to_string())), 1);
    let trace_id = &TRACEPARENT[3..35];
    let settled = |line: &&String| line.contains("record settled") && line.contains(trace_id);
    assert!(system.lines().iter().filter(settled).count() >= 4, "email, sms, push and ledger log the trace");
    system.stop().await;
}

fn outgoing(value: &[u8]) -> OutgoingRecord {
    OutgoingRecord {
        topic: TOPIC.to_owned(),
        key: Some(b"ACC-bad".to_vec()),
        value: Some(value.to_vec()),
        headers: vec![
            ("traceparent".to_owned(), TRACEPARENT.as_bytes().to_vec()),
            ("odd".to_owned(), vec![0x80, 0xff]),
        ],
    }
}

fn check_content(letter: &Value, bad: &Bad, published: &Published) {
    let record = &letter["record"];
    assert_eq!(record["topic"], TOPIC, "{}", bad.name);
    assert_eq!(record["partition"], published.partition, "{}", bad.name);
    assert_eq!(letter["source"], format!("{TOPIC}-{}", published.partition));
    assert!(record["timestamp"].as_i64().is_some_and(|timestamp| timestamp > 0), "{}", bad.name);
    assert_eq!(decoded(&record["key"]), b"ACC-bad", "{}", bad.name);
    assert_eq!(decoded(&record["value"]), bad.value, "{}", bad.name);
    let headers = record["headers"].as_array().unwrap();
    let traceparent: Vec<u8> = bytes(&headers[0]["traceparent"]);
    assert_eq!(traceparent, TRACEPARENT.as_bytes(), "{}", bad.name);
    assert_eq!(bytes(&headers[1]["odd"]), [0x80, 0xff], "{}", bad.name);
}

fn check_story(letter: &Value, bad: &Bad, function: &str) {
    assert_eq!(letter["error"]["type"], bad.error_type, "{}", bad.name);
    assert!(letter["error"]["message"].as_str().is_some_and(|message| message.len() > 10), "{}", bad.name);
    assert_eq!(letter["eventId"].as_str(), bad.event_id, "{}", bad.name);
    assert_eq!(letter["attempts"], 0, "a handler never saw it: {}", bad.name);
    assert_eq!(letter["function"], function);
    assert_eq!(letter["functionVersion"], "$LATEST");
    assert_eq!(letter["traceId"], TRACEPARENT[3..35]);
    for field in ["requestId", "firstAttemptAt", "lastAttemptAt"] {
        assert!(letter[field].is_string(), "{field} of {}", bad.name);
    }
}

fn decoded(field: &Value) -> Vec<u8> {
    STANDARD.decode(field.as_str().unwrap()).unwrap()
}

/// Lambda writes header bytes as signed numbers.
fn bytes(header: &Value) -> Vec<u8> {
    let signed = header.as_array().unwrap().iter().map(|byte| i8::try_from(byte.as_i64().unwrap()).unwrap());
    signed.map(i8::cast_unsigned).collect()
}
