//! Records that are not valid events.

use rstest::rstest;
use serde_json::{Value, json};
use tidings_consumer::outcome::{Outcome, RecordsReturned, respond};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn a_tombstone_is_done_and_counted_without_claim_or_handler() {
    let function = succeeding();
    function.claims.disturb(|operation, id| panic!("{operation} {id}"));
    let mut absent = record(2, Some(b"k"), None);
    absent.as_object_mut().unwrap().remove("value");
    let summary = invoke(&function, &[record(1, Some(b"k"), None), absent]).await;
    assert_eq!(outcomes(&summary), [(1, Outcome::Done), (2, Outcome::Done)]);
    assert!(summary.settled.iter().all(|record| record.tombstone));
    assert!(function.handler().calls().is_empty());
}

#[rstest]
#[case(json!({ "event_type": "door.vanished" }), "UnknownEventType")]
#[case(json!({ "version": "2.0" }), "UnknownEventVersion")]
#[case(json!({ "event_type": "door.closed" }), "WrongTopic")]
#[case(json!({ "data": 7 }), "MalformedEvent")]
#[case(json!({ "event_id": "" }), "MalformedEvent")]
#[tokio::test(start_paused = true)]
async fn an_unknown_event_is_a_permanent_failure_with_its_error_type(
    #[case] change: Value,
    #[case] error: &str,
) {
    let mut value: Value = serde_json::from_slice(&event("EVT-1")).unwrap();
    value.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let function = succeeding();
    let summary = invoke(&function, &[record(1, None, Some(value.to_string().as_bytes()))]).await;
    assert_eq!(outcome(&summary), Outcome::DeadLettered);
    assert_eq!(summary.dead_letters[0].error.error_type, error);
    assert_eq!(summary.dead_letters[0].attempts, 0);
    assert!(function.handler().calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn another_minor_version_is_accepted() {
    let value = String::from_utf8(event("EVT-1")).unwrap().replace("\"1.0\"", "\"1.7\"");
    let summary = invoke(&succeeding(), &[record(1, None, Some(value.as_bytes()))]).await;
    assert_eq!(outcome(&summary), Outcome::Done);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_has_the_whole_record_and_its_attempts() {
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let mut sent = login(15, Some("key"), "EVT-1");
    sent["headers"] = json!([{ "traceparent": trace.as_bytes() }, { "x": null }]);
    sent["valueSchemaMetadata"] = json!({ "schemaId": "7" });
    let summary = invoke(&failing(refused()), std::slice::from_ref(&sent)).await;
    let mut letter = serde_json::to_value(&summary.dead_letters[0]).unwrap();
    assert_eq!(letter["record"], sent);
    for varying in ["record", "firstAttemptAt", "lastAttemptAt"] {
        letter[varying] = format!("[{varying}]").into();
    }
    insta::assert_json_snapshot!(letter);
}

#[tokio::test(start_paused = true)]
async fn an_invalid_entry_is_dead_lettered_once() {
    let function = succeeding();
    let payload = br#"{"records":{"door.opened-3":[{"value":"e30="},7],"door.opened-4":"x"}}"#;
    let summary = function.invoke(payload).await.unwrap();
    assert_eq!(summary.dead_lettered, 3);
    assert!(summary.dead_letters.iter().all(|letter| letter.error.error_type == "MalformedRecord"));
    assert!(summary.settled.iter().all(|entry| entry.offset.is_none()));
    let again = function.invoke(payload).await.unwrap();
    assert_eq!((again.duplicate, again.dead_letters.len()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_returned_invalid_entry_cannot_be_named_and_fails_the_batch() {
    let function = succeeding();
    function.dead_letters.disturb(|_, _| tidings_consumer::testing::Fault::Refused.into());
    let summary = function.invoke(br#"{"records":{"door.opened-3":[7]}}"#).await.unwrap();
    assert_eq!(summary.returned, 1);
    assert!(matches!(respond(&summary.settled, true), Err(RecordsReturned { count: 1, .. })));
}
