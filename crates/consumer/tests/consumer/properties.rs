//! No input makes the consumer panic, hang or lose a record.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use proptest::{collection::vec, option, prelude::*};
use serde_json::{Value, json};
use tidings_consumer::{
    outcome::{Outcome, Response, respond},
    payload,
    testing::Summary,
};

use crate::support::*;

/// Runs an invocation to its end, on a paused clock.
fn run(payload: &[u8]) -> Option<(Function, Summary)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(async {
        let function = succeeding();
        let invocation = tokio::time::timeout(std::time::Duration::from_mins(2), function.invoke(payload));
        let summary = invocation.await.expect("the invocation hangs").ok()?;
        Some((function, summary))
    })
}

const NAMES: &[&str] =
    &["records", "topic", "partition", "offset", "timestamp", "key", "value", "headers", "t-0", ""];

/// Arbitrary JSON. It uses the names in payloads, so that the reader gets deep into it.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        Just(json!("e30=")),
    ];
    let name = prop_oneof![proptest::sample::select(NAMES).prop_map(str::to_owned), ".{0,5}"];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        let entry = (name.clone(), inner.clone());
        prop_oneof![
            vec(inner, 0..6).prop_map(Value::from),
            vec(entry, 0..8).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// A valid payload with some bytes changed, removed or inserted.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let mutation = (any::<proptest::sample::Index>(), option::of(any::<u8>()), any::<bool>());
    vec(mutation, 1..6).prop_map(|mutations| {
        let records = [login(1, Some("k"), "EVT-1"), login(2, None, "EVT-2"), record(3, None, None)];
        let mut payload = payload(&records);
        for (place, byte, insert) in mutations {
            let place = place.index(payload.len());
            match (byte, insert) {
                (Some(byte), true) => payload.insert(place, byte),
                (Some(byte), false) => payload[place] = byte,
                (None, _) => drop(payload.remove(place)),
            }
        }
        payload
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn an_invocation_with_any_bytes_ends(bytes in vec(any::<u8>(), 0..300)) {
        let _ = payload::read(&bytes);
        run(&bytes);
    }

    #[test]
    fn an_invocation_with_any_json_ends(records in any_json(), whole in any::<bool>()) {
        let payload = if whole { records } else { json!({ "records": { "t-0": [records] } }) };
        run(payload.to_string().as_bytes());
    }

    #[test]
    fn an_invocation_with_a_damaged_payload_ends(bytes in mutated()) {
        run(&bytes);
    }
}

#[derive(Debug, Clone)]
enum Sent {
    Good,
    Tombstone,
    Bytes(Vec<u8>),
}

/// A record to send, with its key and headers.
type Spec = (Sent, Option<Vec<u8>>, Vec<(String, Option<Vec<u8>>)>);

fn specs() -> impl Strategy<Value = Vec<Spec>> {
    let sent = prop_oneof![
        2 => Just(Sent::Good),
        1 => Just(Sent::Tombstone),
        2 => vec(any::<u8>(), 0..60).prop_map(Sent::Bytes),
        1 => any_json().prop_map(|json| Sent::Bytes(json.to_string().into_bytes())),
    ];
    let header = (".{0,12}", option::of(vec(any::<u8>(), 0..20)));
    let key = option::of(prop_oneof![vec(any::<u8>(), 0..3), Just(b"k".to_vec())]);
    vec((sent, key, vec(header, 0..3)), 1..25)
}

fn build(offset: i64, (sent, key, headers): &Spec) -> Value {
    let value = match sent {
        Sent::Good => Some(event(&format!("EVT-{offset}"))),
        Sent::Tombstone => None,
        Sent::Bytes(bytes) => Some(bytes.clone()),
    };
    let mut record = record(offset, key.as_deref(), value.as_deref());
    let header = |(name, value): &(String, Option<Vec<u8>>)| {
        let signed =
            value.as_ref().map(|bytes| bytes.iter().map(|byte| byte.cast_signed()).collect::<Vec<_>>());
        json!({ name: signed })
    };
    record["headers"] = headers.iter().map(header).collect();
    record
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn odd_records_do_not_affect_others_and_are_kept_whole(specs in specs()) {
        let records: Vec<Value> = (0..).zip(&specs).map(|(offset, spec)| build(offset, spec)).collect();
        let (function, summary) = run(&payload(&records)).unwrap();
        prop_assert_eq!(respond(&summary.settled, true), Ok(Response::default()));
        let ends = outcomes(&summary);
        prop_assert!(ends.iter().map(|(offset, _)| *offset).eq(0..i64::try_from(specs.len()).unwrap()));
        let mut letters = summary.dead_letters.iter();
        let mut lost = Vec::new();
        for ((sent, ..), (offset, end)) in specs.iter().zip(ends) {
            match sent {
                Sent::Good | Sent::Tombstone => prop_assert_eq!(end, Outcome::Done),
                Sent::Bytes(_) => {
                    prop_assert_eq!(end, Outcome::DeadLettered);
                    lost.push(offset);
                }
            }
        }
        let good = specs.iter().filter(|(sent, ..)| matches!(sent, Sent::Good)).count();
        prop_assert_eq!(function.handler().calls().len(), good);
        prop_assert_eq!(letters.len(), lost.len());
        prop_assert!(letters.all(|letter| kept_whole(letter.record.as_ref().unwrap().get(), &specs)));
    }
}

/// Whether a dead letter's record has the original key, value and headers.
fn kept_whole(json: &str, specs: &[Spec]) -> bool {
    let record: Value = serde_json::from_str(json).unwrap();
    let decode = |field: &Value| field.as_str().map(|text| BASE64_STANDARD.decode(text).unwrap());
    let byte = |number: &Value| i8::try_from(number.as_i64().unwrap()).unwrap().cast_unsigned();
    let header = |object: &Value| {
        let (name, value) = object.as_object().unwrap().iter().next().unwrap();
        (name.clone(), value.as_array().map(|numbers| numbers.iter().map(byte).collect()))
    };
    let (sent, key, headers) = &specs[usize::try_from(record["offset"].as_i64().unwrap()).unwrap()];
    let headers_kept = record["headers"].as_array().unwrap().iter().map(header).eq(headers.iter().cloned());
    let Sent::Bytes(value) = sent else { return false };
    decode(&record["key"]) == *key && decode(&record["value"]).as_ref() == Some(value) && headers_kept
}

#[test]
fn deeply_nested_and_large_values_are_handled() {
    let deep = "[".repeat(200_000);
    let closed = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let payloads = [
        deep.clone(),
        closed.clone(),
        format!(r#"{{"records":{{"t-0":{closed}}}}}"#),
        format!(r#"{{"records":{{"t-0":[{closed}]}}}}"#),
        format!(r#"{{"records":{{"t-0":[{{"offset":1,"headers":{closed},"value":{closed}}}]}}}}"#),
        payload(&[record(1, None, Some(deep.as_bytes())), record(2, None, Some(closed.as_bytes()))])
            .into_iter()
            .map(char::from)
            .collect(),
    ];
    for payload in payloads {
        run(payload.as_bytes());
    }
}
