//! Values that a template may write in several ways.

use serde_json::Value;

/// The texts of a value that is one or a list of them.
#[must_use]
pub fn texts(value: &Value) -> Vec<&str> {
    one_or_more(value).into_iter().filter_map(Value::as_str).collect()
}

/// The items of a value that is one or a list of them.
#[must_use]
pub fn one_or_more(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

/// A whole number, which parameters make a text.
#[must_use]
pub fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
