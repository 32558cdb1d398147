//! `FilterCriteria`: event patterns, and which records they accept.
//!
//! The pattern's part for the value decides together with the value itself
//! (<https://docs.aws.amazon.com/lambda/latest/dg/kafka-filtering.html>):
//!
//! | value | `"value": {...}` (JSON) | `"value": [...]` (plain string) |
//! |---|---|---|
//! | JSON | filtered | not filtered |
//! | plain string | not filtered | filtered |
//! | not UTF-8 | not filtered | not filtered |
//! | tombstone | filtered as a missing field (inferred) | filtered as a missing field (inferred) |
//!
//! "Not filtered" leaves the other keys to decide; Kafka sources have none, so the record reaches the function.
//! Inferred: JSON means an object or an array. A lone number, word or quoted string is a plain string, because
//! producers of plain strings write these, too.

mod fault;
mod json;
mod judge;
mod matcher;
mod number;
mod operator;
mod parse;
mod text;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde_json::value::RawValue;

pub use fault::{Fault, PatternError};
use json::{Json, MAX_DEPTH, Scalar};
use judge::{Node, Object, Verdict};

/// One filter of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Object);

impl Pattern {
    /// Reads a pattern, the JSON text in `FilterCriteria.Filters[].Pattern`.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        parse::pattern(text).map(Self)
    }

    /// Whether a record with this value reaches the function.
    #[must_use]
    pub fn accepts(&self, value: Option<&[u8]>) -> bool {
        accepts(&self.0, &Value::from(value))
    }
}

/// A record's value, as a filter sees it.
enum Value<'a> {
    Tombstone,
    Binary,
    Plain(&'a str),
    Json(&'a RawValue),
}

impl<'a> From<Option<&'a [u8]>> for Value<'a> {
    fn from(value: Option<&'a [u8]>) -> Self {
        let Some(value) = value else { return Self::Tombstone };
        let Ok(text) = str::from_utf8(value) else { return Self::Binary };
        match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) if !matches!(raw.into(), Json::Scalar(_)) => Self::Json(raw),
            _ => Self::Plain(text),
        }
    }
}

/// The pattern's root: it has no other fields than `value`.
fn accepts(pattern: &Object, value: &Value<'_>) -> bool {
    pattern.fields.iter().all(|(_, node)| node_accepts(node, value))
        && (pattern.alternatives.is_empty() || pattern.alternatives.iter().any(|one| accepts(one, value)))
}

fn node_accepts(node: &Node, value: &Value<'_>) -> bool {
    let json = match (node, value) {
        (_, Value::Binary) | (Node::Object(_), Value::Plain(_)) | (Node::Leaf(_), Value::Json(_)) => {
            return true;
        }
        (Node::Leaf(matchers), Value::Plain(text)) => {
            let text = Scalar::Text(Cow::Borrowed(text));
            return matchers.iter().any(|matcher| matcher.accepts(&text));
        }
        (_, Value::Tombstone) => None,
        (Node::Object(_), Value::Json(json)) => Some(*json),
    };
    // What cannot be read to the end is not JSON: broken escapes, or nested too deeply.
    node.judge(json, MAX_DEPTH).map_or(true, |verdict| verdict != Verdict::Rejected)
}
