//! The table in <https://docs.aws.amazon.com/lambda/latest/dg/kafka-filtering.html>.

use serde_json::json;

use super::super::Pattern;
use super::filter;
use bytes::Bytes;

#[test]
fn a_json_value_is_filtered_by_a_json_pattern() {
    let pattern = filter(&json!({ "device_ID": [{ "prefix": "AB" }] }));
    assert!(pattern.accepts(Some(br#"{"device_ID":"AB1234","session":{"duration":162}}"#), Bytes::new));
    assert!(!pattern.accepts(Some(br#"{"device_ID":"XY1234"}"#), Bytes::new));
    assert!(!pattern.accepts(Some(b" \n{}\t"), Bytes::new));
    assert!(!pattern.accepts(Some(b"[1,2]"), Bytes::new));
    assert!(pattern.accepts(Some(br#"[{"device_ID":"AB1234"}]"#), Bytes::new));
}

#[test]
fn a_plain_string_is_filtered_by_a_list_pattern() {
    let pattern = filter(&json!([{ "anything-but": ["error"] }]));
    assert!(pattern.accepts(Some(b"ok"), Bytes::new));
    assert!(!pattern.accepts(Some(b"error"), Bytes::new));
    assert!(pattern.accepts(Some(b""), Bytes::new));
    let pattern = filter(&json!(["Hello, this is a test.", "42", ""]));
    assert!(pattern.accepts(Some(b"Hello, this is a test."), Bytes::new));
    assert!(pattern.accepts(Some(b"42"), Bytes::new));
    assert!(pattern.accepts(Some(b""), Bytes::new));
    assert!(!pattern.accepts(Some(b"hello, this is a test."), Bytes::new));
    assert!(!pattern.accepts(Some(b"true"), Bytes::new));
}

#[test]
fn a_plain_string_is_not_filtered_by_a_json_pattern() {
    let pattern = filter(&json!({ "a": [1] }));
    for plain in ["error", "", "42", "null", r#""{\"a\":2}""#, r#"{"a":2"#, r#"{"a":2}{"a":2}"#, "{'a':2}"] {
        assert!(pattern.accepts(Some(plain.as_bytes()), Bytes::new), "{plain}");
    }
}

#[test]
fn a_json_value_is_not_filtered_by_a_list_pattern() {
    let pattern = filter(&json!(["error"]));
    assert!(pattern.accepts(Some(br#"{"a":1}"#), Bytes::new));
    assert!(pattern.accepts(Some(br#"["other"]"#), Bytes::new));
}

#[test]
fn a_value_that_is_not_utf_8_is_not_filtered() {
    for pattern in [filter(&json!({ "a": [1] })), filter(&json!(["a"]))] {
        assert!(pattern.accepts(Some(b"\xff\xfe{\x00}\x00"), Bytes::new));
        assert!(pattern.accepts(Some(b"{\"b\":\"\xc3\"}"), Bytes::new));
    }
}

#[test]
fn a_tombstone_is_filtered_as_a_missing_field() {
    assert!(!filter(&json!({ "a": [1] })).accepts(None, Bytes::new));
    assert!(!filter(&json!(["a"])).accepts(None, Bytes::new));
    assert!(!filter(&json!([{ "anything-but": "a" }])).accepts(None, Bytes::new));
    assert!(filter(&json!([{ "exists": false }])).accepts(None, Bytes::new));
    assert!(filter(&json!({ "a": [{ "exists": false }] })).accepts(None, Bytes::new));
}

#[test]
fn alternatives_at_the_root_are_matched_independently() {
    let pattern = Pattern::parse(r#"{"$or":[{"value":{"a":[1]}},{"value":{"b":[2]}}]}"#).unwrap();
    assert!(pattern.accepts(Some(br#"{"b":2}"#), Bytes::new));
    assert!(!pattern.accepts(Some(br#"{"b":1}"#), Bytes::new));
    assert!(pattern.accepts(Some(b"plain"), Bytes::new));
}

/// Time and stack depth must not grow with the nesting.
#[test]
fn a_value_that_is_nested_too_deeply_counts_as_not_json() {
    let pattern = filter(&json!({ "a": [1] }));
    let nested = |depth| format!(r#"{{"a":{}2{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(!pattern.accepts(Some(nested(100).as_bytes()), Bytes::new));
    assert!(pattern.accepts(Some(nested(100_000).as_bytes()), Bytes::new));
    let beside = format!(r#"{{"b":{},"a":2}}"#, "[".repeat(9) + &"]".repeat(9));
    assert!(!pattern.accepts(Some(beside.as_bytes()), Bytes::new));
}

/// Chosen: AWS documents only `value`.
#[test]
fn other_keys_match_the_metadata_of_the_record() {
    let record = || {
        let json = r#"{"topic":"orders","partition":2,"offset":15,"timestamp":1545084650987,"key":"aw==",
            "timestampType":"CREATE_TIME","value":"e30=","headers":[{"source":[97]}]}"#;
        Bytes::from_static(json.as_bytes())
    };
    for (pattern, expected) in [
        (r#"{"topic":["orders"]}"#, true),
        (r#"{"topic":["payments"]}"#, false),
        (r#"{"topic":[{"prefix":"ord"}],"partition":[{"numeric":[">",1]}]}"#, true),
        (r#"{"topic":["orders"],"partition":[3]}"#, false),
        (r#"{"offset":[15],"timestampType":["CREATE_TIME"],"key":["aw=="]}"#, true),
        (r#"{"headers":{"source":[97]}}"#, true),
        (r#"{"topic":["orders"],"value":{"a":[1]}}"#, true),
        (r#"{"topic":["orders"],"value":{"a":[2]}}"#, false),
        (r#"{"topic":["payments"],"value":{"a":[1]}}"#, false),
        (r#"{"$or":[{"topic":["payments"]},{"value":{"a":[1]}}]}"#, true),
        (r#"{"$or":[{"topic":["payments"]},{"value":{"a":[2]}}]}"#, false),
        // A key that no record has, e.g. a misspelt one.
        (r#"{"Value":{"a":[1]}}"#, false),
        (r#"{"Value":[{"exists":false}]}"#, true),
    ] {
        let pattern = Pattern::parse(pattern).unwrap();
        assert_eq!(pattern.accepts(Some(br#"{"a":1}"#), record), expected, "{pattern:?}");
    }
}

#[test]
fn the_records_json_is_built_only_for_patterns_with_other_keys() {
    let pattern = filter(&json!({ "a": [1] }));
    assert!(pattern.accepts(Some(br#"{"a":1}"#), || panic!("the pattern has no other key")));
    let nested = Pattern::parse(r#"{"$or":[{"value":["a"]},{"topic":["t"],"key":["k"]}]}"#).unwrap();
    assert_eq!(nested.other_keys().collect::<Vec<_>>(), [("key", true), ("topic", true)]);
    let misspelt = Pattern::parse(r#"{"valeu":["a"]}"#).unwrap();
    assert_eq!(misspelt.other_keys().collect::<Vec<_>>(), [("valeu", false)]);
}
