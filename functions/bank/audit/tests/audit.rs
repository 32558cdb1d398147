//! Whole invocations of the audit function over stores in memory.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::{io::Read as _, sync::Mutex};

use bank_audit::{Archive, Audit, Object};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use tidings_consumer::{HandlerError, testing::Harness};

#[derive(Default)]
struct Kept {
    objects: Mutex<Vec<Object>>,
    refuses: Option<&'static str>,
}

impl Archive for Kept {
    async fn store(&self, object: Object) -> Result<(), HandlerError> {
        if self.refuses.is_some_and(|text| unpack(&object).contains(text)) {
            return Err(HandlerError::permanent("EntityTooLarge", "refused"));
        }
        self.objects.lock().unwrap().push(object);
        Ok(())
    }
}

fn unpack(object: &Object) -> String {
    let mut text = String::new();
    GzDecoder::new(object.body.as_slice()).read_to_string(&mut text).unwrap();
    text
}

fn lines(object: &Object) -> Vec<Value> {
    unpack(object).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Two partitions. The first has an event, a tombstone, bytes that are not JSON, and a value that is not base64.
fn payload() -> Value {
    json!({ "eventSource": "aws:kafka", "records": {
        "user.login-0": [
            { "topic": "user.login", "partition": 0, "offset": 7, "timestamp": 1_736_937_045_123_i64,
              "timestampType": "CREATE_TIME", "key": "VTE=", "value": "eyJldmVudF9pZCI6IkVWVC0xIn0=",
              "headers": [{ "traceparent": [48, -61] }] },
            { "topic": "user.login", "partition": 0, "offset": 8, "key": "VTE=", "value": null, "headers": [] },
            { "topic": "user.login", "partition": 0, "offset": 9, "value": "/wD+", "headers": [] },
            { "topic": "user.login", "partition": 0, "offset": 10, "value": "no base64!", "headers": [] },
        ],
        "user.login-3": [{ "topic": "user.login", "partition": 3, "offset": 1, "timestamp": -1, "value": "e30=" }],
    }})
}

#[tokio::test]
async fn every_record_is_kept_unchanged_in_one_object_per_partition() {
    let harness = Harness::new_batch("bank-audit", Audit::new(Kept::default()));
    let payload = payload();
    // Pretty-printed like a test event from a person. The line breaks must not end a record.
    let summary = harness.invoke(&serde_json::to_vec_pretty(&payload).unwrap()).await.unwrap();
    assert_eq!((summary.done, summary.dead_lettered, summary.returned), (5, 0, 0));

    let objects = harness.batch_handler().archive().objects.lock().unwrap().clone();
    assert_eq!(objects.len(), 2);
    let kept: Vec<Value> = objects.iter().flat_map(lines).collect();
    let originals: Vec<&Value> =
        payload["records"].as_object().unwrap().values().flat_map(|list| list.as_array().unwrap()).collect();
    assert_eq!(kept.iter().map(|line| &line["record"]).collect::<Vec<_>>(), originals);
    assert_eq!(kept[0]["event_id"], "EVT-1");
    assert_eq!(kept[0]["timestamp"], "2025-01-15T10:30:45.123Z");
    assert!(
        objects[0].key.starts_with("audit/user.login/date=2025-01-15/partition=0/7-10-"),
        "{}",
        objects[0].key
    );
    assert!(
        objects[1].key.starts_with("audit/user.login/date=1970-01-01/partition=3/1-1-"),
        "{}",
        objects[1].key
    );
}

#[tokio::test]
async fn text_that_was_cut_within_a_character_is_kept_byte_for_byte() {
    let payload =
        include_bytes!("../../../../events/bank/fixtures/kafka/transaction.completed-lone-surrogate.json");
    let harness = Harness::new_batch("bank-audit", Audit::new(Kept::default()));
    assert_eq!(harness.invoke(payload).await.unwrap().done, 1);
    let kept = lines(&harness.batch_handler().archive().objects.lock().unwrap()[0]);
    let payload: Value = serde_json::from_slice(payload).unwrap();
    assert_eq!(&kept[0]["record"], &payload["records"].as_object().unwrap().values().next().unwrap()[0]);
    assert_eq!(kept[0]["event_id"], "EVT-9ac3152fee");
}

#[tokio::test]
async fn a_redelivery_stores_nothing_again() {
    let harness = Harness::new_batch("bank-audit", Audit::new(Kept::default()));
    let payload = payload().to_string();
    harness.invoke(payload.as_bytes()).await.unwrap();
    let again = harness.invoke(payload.as_bytes()).await.unwrap();
    assert_eq!((again.done, again.duplicate), (0, 5));
    assert_eq!(harness.batch_handler().archive().objects.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn only_the_record_that_cannot_be_stored_is_dead_lettered() {
    let archive = Kept { refuses: Some("no base64!"), ..Kept::default() };
    let harness = Harness::new_batch("bank-audit", Audit::new(archive));
    let summary = harness.invoke(payload().to_string().as_bytes()).await.unwrap();
    assert_eq!((summary.done, summary.dead_lettered, summary.returned), (4, 1, 0));
    assert_eq!(summary.dead_letters[0].error.error_type, "EntityTooLarge");
}
