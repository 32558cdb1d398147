mod arrays;
mod formats;
mod operators;
mod properties;
mod refused;

use serde_json::{Value, json};

use super::{Pattern, PatternError};
use bytes::Bytes;

/// A filter on the fields below `value`.
fn filter(fields: &Value) -> Pattern {
    Pattern::parse(&json!({ "value": fields }).to_string()).unwrap()
}

/// Whether a filter with the JSON `fields` below `value` accepts a record with the JSON value `record`.
fn matches(fields: &str, record: &str) -> bool {
    let pattern = Pattern::parse(&format!(r#"{{"value":{fields}}}"#)).unwrap();
    pattern.accepts(Some(record.as_bytes()), Bytes::new)
}

/// Checks rows of a pattern's list, a field's value, and whether the list matches the value.
fn check(rows: &[(&str, &str, bool)]) {
    for (list, value, expected) in rows {
        let matched = matches(&format!(r#"{{"field":{list}}}"#), &format!(r#"{{"field":{value}}}"#));
        assert_eq!(matched, *expected, "{list} on {value}");
    }
}

fn error(pattern: &str) -> PatternError {
    Pattern::parse(pattern).unwrap_err()
}
