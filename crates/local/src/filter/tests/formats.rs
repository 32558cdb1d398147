//! The table in <https://docs.aws.amazon.com/lambda/latest/dg/kafka-filtering.html>.

use serde_json::json;

use super::super::Pattern;
use super::filter;

#[test]
fn json_is_filtered_by_json() {
    let pattern = filter(&json!({ "device_ID": [{ "prefix": "AB" }] }));
    assert!(pattern.accepts(Some(br#"{"device_ID":"AB1234","session":{"duration":162}}"#)));
    assert!(!pattern.accepts(Some(br#"{"device_ID":"XY1234"}"#)));
    assert!(!pattern.accepts(Some(b" \n{}\t")));
    assert!(!pattern.accepts(Some(b"[1,2]")));
    assert!(pattern.accepts(Some(br#"[{"device_ID":"AB1234"}]"#)));
}

#[test]
fn a_plain_string_is_filtered_by_a_list() {
    let pattern = filter(&json!([{ "anything-but": ["error"] }]));
    assert!(pattern.accepts(Some(b"ok")));
    assert!(!pattern.accepts(Some(b"error")));
    assert!(pattern.accepts(Some(b"")));
    let pattern = filter(&json!(["Hello, this is a test.", "42", ""]));
    assert!(pattern.accepts(Some(b"Hello, this is a test.")));
    assert!(pattern.accepts(Some(b"42")));
    assert!(pattern.accepts(Some(b"")));
    assert!(!pattern.accepts(Some(b"hello, this is a test.")));
    assert!(!pattern.accepts(Some(b"true")));
}

#[test]
fn a_plain_string_is_not_filtered_by_json() {
    let pattern = filter(&json!({ "a": [1] }));
    for plain in ["error", "", "42", "null", r#""{\"a\":2}""#, r#"{"a":2"#, r#"{"a":2}{"a":2}"#, "{'a':2}"] {
        assert!(pattern.accepts(Some(plain.as_bytes())), "{plain}");
    }
}

#[test]
fn json_is_not_filtered_by_a_list() {
    let pattern = filter(&json!(["error"]));
    assert!(pattern.accepts(Some(br#"{"a":1}"#)));
    assert!(pattern.accepts(Some(br#"["other"]"#)));
}

#[test]
fn what_is_not_utf_8_is_not_filtered() {
    for pattern in [filter(&json!({ "a": [1] })), filter(&json!(["a"]))] {
        assert!(pattern.accepts(Some(b"\xff\xfe{\x00}\x00")));
        assert!(pattern.accepts(Some(b"{\"b\":\"\xc3\"}")));
    }
}

#[test]
fn a_tombstone_has_no_value_to_match() {
    assert!(!filter(&json!({ "a": [1] })).accepts(None));
    assert!(!filter(&json!(["a"])).accepts(None));
    assert!(!filter(&json!([{ "anything-but": "a" }])).accepts(None));
    assert!(filter(&json!([{ "exists": false }])).accepts(None));
    assert!(filter(&json!({ "a": [{ "exists": false }] })).accepts(None));
}

#[test]
fn alternatives_at_the_root_are_filtered_each_by_itself() {
    let pattern = Pattern::parse(r#"{"$or":[{"value":{"a":[1]}},{"value":{"b":[2]}}]}"#).unwrap();
    assert!(pattern.accepts(Some(br#"{"b":2}"#)));
    assert!(!pattern.accepts(Some(br#"{"b":1}"#)));
    assert!(pattern.accepts(Some(b"plain")));
}

/// Neither its time nor its stack grows with the depth.
#[test]
fn a_document_that_is_nested_too_deeply_is_not_json() {
    let pattern = filter(&json!({ "a": [1] }));
    let nested = |depth| format!(r#"{{"a":{}2{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(!pattern.accepts(Some(nested(100).as_bytes())));
    assert!(pattern.accepts(Some(nested(100_000).as_bytes())));
    assert!(
        !pattern.accepts(Some(format!(r#"{{"b":{},"a":2}}"#, "[".repeat(9) + &"]".repeat(9)).as_bytes()))
    );
}
