//! The lenient reader reads every payload that `aws_lambda_events::kafka::KafkaEvent` accepts in the same way.

use std::collections::HashMap;

use aws_lambda_events::kafka::{KafkaEvent, KafkaRecord};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use proptest::{collection::vec, option, prelude::*, strategy::ValueTree as _};
use serde_json::{Map, Value, json};
use tidings_consumer::{Record, payload};

/// Compares the two readings, if `KafkaEvent` accepts the payload.
fn compare(payload: &[u8]) -> bool {
    let read = payload::read(payload);
    let Ok(theirs) = serde_json::from_slice::<KafkaEvent>(payload) else { return false };
    let ours = read.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(payload)));
    assert!(ours.invalid_entries.is_empty(), "{:?}", ours.invalid_entries);
    let mut by_partition: HashMap<&str, Vec<&Record>> = HashMap::new();
    for record in &ours.records {
        by_partition.entry(&record.source).or_default().push(record);
    }
    assert_eq!(theirs.records.values().map(Vec::len).sum::<usize>(), ours.records.len());
    for (partition, theirs) in &theirs.records {
        let ours = by_partition.remove(partition.as_str()).unwrap_or_default();
        assert_eq!(theirs.len(), ours.len());
        theirs.iter().zip(ours).for_each(|(theirs, ours)| compare_record(theirs, ours));
    }
    true
}

fn compare_record(theirs: &KafkaRecord, ours: &Record) {
    assert_eq!((theirs.partition, theirs.offset), (ours.position.partition, ours.position.offset));
    if let Some(topic) = &theirs.topic {
        assert_eq!(*topic, ours.position.topic);
    }
    assert_eq!(theirs.timestamp_type, ours.timestamp_type);
    // KafkaEvent reads the time as f64 and may be a millisecond early. Our reader accepts years up to 9999.
    let milliseconds = theirs.timestamp.timestamp_millis();
    match ours.timestamp {
        Some(timestamp) => assert!((0..=1).contains(&(timestamp.as_millisecond() - milliseconds))),
        None => assert!(milliseconds > 253_402_207_200_000 - 2, "{milliseconds}"),
    }
    for (theirs, ours) in [(&theirs.key, &ours.key), (&theirs.value, &ours.value)] {
        let decoded = theirs.as_ref().map(|encoded| BASE64_STANDARD.decode(encoded));
        match decoded {
            None => assert!(ours.is_none()),
            Some(Ok(bytes)) => assert_eq!(Some(bytes.as_slice()), ours.as_deref()),
            // KafkaEvent leaves the decoding to the handler.
            Some(Err(_)) => {}
        }
    }
    let mut names = 0;
    for theirs in &theirs.headers {
        let ours = &ours.headers[names..names + theirs.len()];
        names += theirs.len();
        for header in ours {
            let bytes = theirs[&header.name].iter().map(|byte| byte.cast_unsigned()).collect();
            assert_eq!(header.value, Some(bytes));
        }
    }
    assert_eq!(names, ours.headers.len());
}

#[test]
fn the_fixture_of_aws_lambda_events_reads_the_same() {
    assert!(compare(include_bytes!("../fixtures/example-kafka-event.json")));
}

#[test]
fn unusual_forms_that_serde_accepts_read_the_same() {
    let record = json!(["t", 0, 15, 7, "CREATE_TIME", "aw==", "dg==", [{ "h": [-1] }]]);
    for payload in [
        json!([]),
        json!(["aws:kafka"]),
        json!(["aws:kafka", null, { "t-0": [record] }, null]),
        json!({ "records": null }),
        json!({ "records": {}, "eventSource": null }),
    ] {
        assert!(compare(payload.to_string().as_bytes()), "{payload}");
    }
    for timestamp in ["7", "7.0", "7e3", "\"7\"", "\"7e3\"", "\"\\u0037\"", "1545084650987.0"] {
        let payload = format!(
            r#"{{"records":{{"t-0":[{{"partition":0,"offset":1,"timestamp":{timestamp},"headers":[]}}]}}}}"#
        );
        assert!(compare(payload.as_bytes()), "{payload}");
    }
}

fn bytes() -> impl Strategy<Value = Value> {
    vec(any::<u8>(), 0..40).prop_map(|bytes| BASE64_STANDARD.encode(bytes).into())
}

fn headers() -> impl Strategy<Value = Value> {
    let header = (".{0,8}", vec(any::<i8>(), 0..12)).prop_map(|(name, bytes)| json!({ name: bytes }));
    vec(header, 0..4).prop_map(Value::from)
}

/// Sometimes a field in a form that one of the two readers may refuse.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u16>().prop_map(|number| json!(f64::from(number))),
        "[+0-9a-zA-Z=]{0,9}".prop_map(Value::from),
        any::<i64>().prop_map(|number| number.to_string().into()),
        vec(any::<u8>(), 0..4).prop_map(|bytes| json!([{ "h": bytes }])),
        vec(".{0,3}", 0..3).prop_map(|names| json!(names)),
        Just(json!({})),
        Just(json!([{ "h": null }, { "a": [1], "b": [2] }, {}])),
    ]
}

const NAMES: &[&str] =
    &["topic", "partition", "offset", "timestamp", "timestampType", "key", "value", "headers", "more"];

fn record() -> impl Strategy<Value = Value> {
    let fields = (
        0..12_i64,
        any::<i64>(),
        0..4_000_000_000_000_i64,
        option::of(bytes()),
        option::of(bytes()),
        headers(),
    );
    let fields = fields.prop_map(|(partition, offset, timestamp, key, value, headers)| {
        json!({
            "topic": "door.opened", "partition": partition, "offset": offset, "timestamp": timestamp,
            "timestampType": "CREATE_TIME", "key": key, "value": value, "headers": headers,
        })
    });
    let change = (proptest::sample::select(NAMES), option::of(odd()));
    (fields, vec(change, 0..2)).prop_map(|(mut record, changes)| {
        let fields = record.as_object_mut().unwrap();
        for (name, value) in changes {
            match value {
                Some(value) => fields.insert(name.to_owned(), value),
                None => fields.remove(name),
            };
        }
        record
    })
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    let list = prop_oneof![20 => vec(record(), 0..5).prop_map(Value::from), 1 => odd()];
    let partitions = vec(("[a-z.]{0,8}-?[0-9]{0,3}", list), 0..4);
    let records = prop_oneof![
        20 => partitions.prop_map(|partitions| Value::from(Map::from_iter(partitions))),
        1 => odd(),
    ];
    let source = proptest::sample::select(&["aws:kafka", "SelfManagedKafka"][..]);
    (source, records, any::<bool>()).prop_map(|(source, records, pretty)| {
        let event = json!({ "eventSource": source, "bootstrapServers": "h:9098", "records": records });
        if pretty { serde_json::to_vec_pretty(&event) } else { serde_json::to_vec(&event) }.unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_kafka_event_accepts_reads_the_same(payload in payload()) {
        compare(&payload);
    }
}

/// Otherwise the property above would hold trivially.
#[test]
fn kafka_event_accepts_many_of_the_generated_payloads() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let accepted = (0..500).filter(|_| {
        let tree = payload().new_tree(&mut runner).unwrap();
        compare(&tree.current())
    });
    let accepted = accepted.count();
    assert!((100..480).contains(&accepted), "{accepted} of 500");
}
