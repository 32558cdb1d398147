//! Values that a template may write in several ways.

use serde_json::Value;

/// The strings in a value that is a string or a list.
#[must_use]
pub fn texts(value: &Value) -> Vec<&str> {
    one_or_more(value).into_iter().filter_map(Value::as_str).collect()
}

/// The items of a list, or the value itself if it is not a list.
#[must_use]
pub fn one_or_more(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

/// An integer, which is a string if it comes from a parameter.
#[must_use]
pub fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
