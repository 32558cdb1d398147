use rstest::rstest;
use serde_json::{Value, json};

use super::*;

/// Reads a payload with one record, which has `changes` (a null is set and removes nothing).
fn read_with(changes: &Value) -> Batch {
    let mut record = json!({
        "topic": "door.opened", "partition": 3, "offset": 15, "timestamp": 1_545_084_650_987_i64,
        "timestampType": "CREATE_TIME", "key": "aw==", "value": "dg==", "headers": [{ "h": [104] }],
    });
    record.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    read_list("door.opened-3", &json!([record]))
}

/// Reads a payload with one record that lacks these fields.
fn read_without(fields: &[&str]) -> Batch {
    let mut record = json!({ "topic": "door.opened", "partition": 3, "offset": 15, "value": "dg==" });
    record.as_object_mut().unwrap().retain(|name, _| !fields.contains(&name.as_str()));
    read_list("door.opened-3", &json!([record]))
}

fn read_list(source: &str, list: &Value) -> Batch {
    read(json!({ "eventSource": "aws:kafka", "records": { source: list } }).to_string().as_bytes()).unwrap()
}

fn only(batch: Batch) -> Record {
    assert!(batch.invalid_entries.is_empty(), "{:?}", batch.invalid_entries);
    let [record] = <[Record; 1]>::try_from(batch.records).unwrap();
    record
}

fn only_invalid_entry(batch: Batch) -> InvalidEntry {
    assert!(batch.records.is_empty(), "{:?}", batch.records);
    let [entry] = <[InvalidEntry; 1]>::try_from(batch.invalid_entries).unwrap();
    entry
}

fn headers(record: &Record) -> Vec<(&str, Option<&[u8]>)> {
    record.headers.iter().map(|header| (header.name.as_str(), header.value.as_deref())).collect()
}

#[test]
fn a_plain_record_has_all_its_fields() {
    let record = only(read_with(&json!({})));
    assert_eq!(record.position.to_string(), "door.opened/3/15");
    assert_eq!(record.source, "door.opened-3");
    assert_eq!(record.timestamp.unwrap().as_millisecond(), 1_545_084_650_987);
    assert_eq!(record.timestamp_type.as_deref(), Some("CREATE_TIME"));
    assert_eq!((record.key.as_deref(), record.value.as_deref()), (Some(&b"k"[..]), Some(&b"v"[..])));
    assert_eq!(headers(&record), [("h", Some(&b"h"[..]))]);
    assert_eq!(record.malformed, None);
    assert!(!record.is_tombstone());
}

#[rstest]
#[case::null(json!(null), &[])]
#[case::none(json!([]), &[])]
#[case::no_list(json!("x"), &[])]
#[case::signed(json!([{ "h": [48, -61, -128, 127] }]), &[("h", Some(&[48, 0xc3, 0x80, 0x7f][..]))])]
#[case::unsigned(json!([{ "h": [48, 195, 128, 255] }]), &[("h", Some(&[48, 195, 128, 255][..]))])]
#[case::string(json!([{ "h": "00-é" }]), &[("h", Some("00-é".as_bytes()))])]
#[case::null_value(json!([{ "h": null }]), &[("h", None)])]
#[case::no_byte(json!([{ "h": [256] }, { "i": [-129] }, { "j": [1.5] }]), &[("h", None), ("i", None), ("j", None)])]
#[case::empty(json!([{ "h": [] }, {}, null]), &[("h", Some(&[][..]))])]
#[case::object(json!({ "h": [104], "i": "i" }), &[("h", Some(&b"h"[..])), ("i", Some(&b"i"[..]))])]
#[case::twice(json!([{ "h": [49] }, { "h": [50] }]), &[("h", Some(&b"1"[..])), ("h", Some(&b"2"[..]))])]
#[case::odd_ones_hide_no_other(json!([7, { "h": [104] }, "x"]), &[("h", Some(&b"h"[..]))])]
fn headers_of_all_forms_are_read(#[case] given: Value, #[case] expected: &[(&str, Option<&[u8]>)]) {
    let record = only(read_with(&json!({ "headers": given })));
    assert_eq!(headers(&record), expected);
    assert_eq!(record.malformed, None);
}

#[test]
fn a_trace_is_found_in_any_form_of_header() {
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for form in [json!([{ "traceparent": trace.as_bytes() }]), json!({ "Traceparent": trace })] {
        let record = only(read_with(&json!({ "headers": form })));
        assert_eq!(record.header("traceparent"), Some(trace));
    }
}

#[test]
fn missing_fields_are_not_an_error() {
    let record = only(read_without(&["key", "headers", "timestamp", "timestampType"]));
    assert_eq!((record.key.as_deref(), record.timestamp), (None, None));
    assert_eq!(record.malformed, None);
}

#[test]
fn a_tombstone_has_a_null_value_or_none() {
    for record in [only(read_with(&json!({ "value": null }))), only(read_without(&["value"]))] {
        assert!(record.is_tombstone());
    }
    assert!(!only(read_with(&json!({ "value": "" }))).is_tombstone(), "an empty value is a value");
}

#[rstest]
#[case(json!(-1), None)]
#[case(json!(null), None)]
#[case(json!("x"), None)]
#[case(json!({}), None)]
#[case(json!(1.5), None)]
#[case(json!(i64::MAX), None)]
#[case(json!(u64::MAX), None)]
#[case(json!(1e300), None)]
#[case(json!("inf"), None)]
#[case(json!("1545084650987"), Some(1_545_084_650_987))]
#[case(json!(1_545_084_650_987.0), Some(1_545_084_650_987))]
#[case(json!(0), Some(0))]
fn timestamps_of_all_forms_are_read(#[case] given: Value, #[case] expected: Option<i64>) {
    let record = only(read_with(&json!({ "timestamp": given })));
    assert_eq!(record.timestamp.map(Timestamp::as_millisecond), expected);
    assert_eq!(record.malformed, None);
}

#[rstest]
#[case(json!({ "key": "no base64!" }), "key is not valid base64")]
#[case(json!({ "value": "dg=" , "key": null }), "")]
#[case(json!({ "value": "d" }), "value is not valid base64")]
#[case(json!({ "value": 7 }), "value is not a string")]
#[case(json!({ "value": ["dg=="] }), "value is not a string")]
fn a_key_or_value_that_is_no_base64_is_malformed(#[case] changes: Value, #[case] problem: &str) {
    let record = only(read_with(&changes));
    assert_eq!(record.malformed.as_deref().unwrap_or_default(), problem);
    assert!(!record.is_tombstone());
}

#[test]
fn padding_may_be_left_out() {
    assert_eq!(only(read_with(&json!({ "value": "dg" }))).value.as_deref(), Some(&b"v"[..]));
}

#[test]
fn schema_metadata_and_unknown_fields_are_kept() {
    let changes = json!({ "valueSchemaMetadata": { "dataFormat": "JSON", "schemaId": "7" }, "new": [1] });
    let record = only(read_with(&changes));
    let kept: Value = serde_json::from_str(record.json.get()).unwrap();
    assert_eq!(kept["valueSchemaMetadata"], changes["valueSchemaMetadata"]);
    assert_eq!(kept["new"], changes["new"]);
}

#[test]
fn a_record_is_kept_byte_for_byte_from_a_pretty_printed_payload() {
    let record = "{\n  \"offset\" : 1,\t\"partition\": 0,\n \"value\": \"d\\u0067==\" }";
    let payload = format!("\n{{ \"records\" : {{ \"t-0\" : [\n {record} \n] }} }}\n");
    let read = only(read(payload.as_bytes()).unwrap());
    assert_eq!(read.json.get(), record);
    assert_eq!(read.value.as_deref(), Some(&b"v"[..]));
}

#[test]
fn a_payload_of_self_managed_kafka_is_read() {
    let payload = br#"{"eventSource":"SelfManagedKafka","bootstrapServers":"h:9092",
        "records":{"t-0":[{"topic":"t","partition":0,"offset":1,"value":"dg=="}]}}"#;
    assert_eq!(only(read(payload).unwrap()).position.to_string(), "t/0/1");
}

#[test]
fn topic_and_partition_may_come_from_the_name_of_the_list() {
    let record = only(read_list("door.opened-eu-7", &json!([{ "offset": 15 }])));
    assert_eq!(record.position.to_string(), "door.opened-eu/7/15");
    let record = only(read_list("x-1", &json!([{ "topic": "t", "partition": "2", "offset": "15" }])));
    assert_eq!(record.position.to_string(), "t/2/15");
}

#[rstest]
#[case(json!({ "offset": null }), "has no readable offset")]
#[case(json!({ "offset": 1.5 }), "has no readable offset")]
#[case(json!({ "offset": "x" }), "has no readable offset")]
fn without_offset_it_is_an_invalid_entry(#[case] changes: Value, #[case] problem: &str) {
    let entry = only_invalid_entry(read_with(&changes));
    assert_eq!((entry.source.as_str(), entry.problem.as_str()), ("door.opened-3", problem));
    assert!(entry.json.get().contains("dg=="), "the whole of it is kept");
}

#[test]
fn an_entry_that_is_not_a_record_is_invalid_and_does_not_hide_records() {
    let batch = read_list("t-0", &json!([7, { "offset": 1 }, null, "x", [[]]]));
    assert_eq!(batch.records.len(), 1);
    let kept: Vec<&str> = batch.invalid_entries.iter().map(|entry| entry.json.get()).collect();
    assert_eq!(kept, ["7", "null", "\"x\"", "[[]]"]);
    let repeated = r#"{"records":{"t-0":[{"offset":1,"offset":2}]}}"#;
    assert_eq!(
        only_invalid_entry(read(repeated.as_bytes()).unwrap()).json.get(),
        r#"{"offset":1,"offset":2}"#
    );
    assert_eq!(
        only_invalid_entry(read_list("nameless", &json!([{ "offset": 1 }]))).problem,
        "has no readable partition"
    );
}

#[rstest]
#[case(json!("x"))]
#[case(json!(null))]
#[case(json!({ "offset": 1 }))]
fn a_list_that_is_not_a_list_is_an_invalid_entry_and_hides_no_other(#[case] list: Value) {
    let payload = json!({ "records": { "t-0": list, "t-1": [{ "offset": 1 }] } });
    let batch = read(payload.to_string().as_bytes()).unwrap();
    assert_eq!((batch.invalid_entries.len(), batch.records.len()), (1, 1));
}

#[rstest]
#[case(r"{}")]
#[case(r#"{"records":null}"#)]
#[case(r#"{"records":{}}"#)]
#[case(r#"{"records":{"t-0":[]}}"#)]
fn no_records_are_an_empty_batch(#[case] payload: &str) {
    let batch = read(payload.as_bytes()).unwrap();
    assert!(batch.records.is_empty() && batch.invalid_entries.is_empty());
}

#[test]
fn a_repeated_list_name_loses_no_record() {
    let payload = br#"{"records":{"t-0":[{"offset":1}],"t-1":[{"offset":7}],"t-0":[{"offset":2}]}}"#;
    let places: Vec<String> =
        read(payload).unwrap().records.iter().map(|record| record.position.to_string()).collect();
    assert_eq!(places, ["t/0/1", "t/1/7", "t/0/2"]);
}

#[rstest]
#[case(b"")]
#[case(b"7")]
#[case(b"null")]
#[case(b"\"x\"")]
#[case(b"{\"records\":7}")]
#[case(b"{\"records\":[]}")]
#[case(b"{\"records\":{\"t-0\":[{\"offset\":1}]}")]
#[case(b"{\"records\":{\"t-0\":[\"\xff\"]}}")]
fn what_is_not_a_kafka_event_is_an_error_that_says_so(#[case] payload: &[u8]) {
    let error = read(payload).unwrap_err().to_string();
    assert!(error.starts_with("the payload is not a Kafka event ("), "{error}");
}
