//! `FilterCriteria`: event patterns and the records that they accept.
//!
//! Whether a record's value is filtered depends on the format of the pattern's `value` and on the value's own format
//! (<https://docs.aws.amazon.com/lambda/latest/dg/kafka-filtering.html>):
//!
//! | value | `"value": {...}` (JSON) | `"value": [...]` (plain string) |
//! |---|---|---|
//! | JSON | filtered | not filtered |
//! | plain string | not filtered | filtered |
//! | not UTF-8 | not filtered | not filtered |
//! | tombstone | filtered as a missing field (inferred) | filtered as a missing field (inferred) |
//!
//! If the value is not filtered, only the other keys decide. Inferred: JSON means an object or an array. A lone
//! number, word or quoted string is a plain string, because producers of plain strings write these too.
//!
//! The page says that `value` is the only key, but AWS's own samples also filter by others
//! (<https://github.com/aws-samples/serverless-patterns>, `lambda-esm-msk-filters-sam`). Chosen: another key matches
//! the record's metadata as in the payload: `topic`, `partition`, `offset`, `timestamp`, `timestampType`, `key` (in
//! Base64) and `headers`. A key that records do not have is a missing field.

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
use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::value::RawValue;

pub use fault::{Fault, PatternError};
use json::{Json, MAX_DEPTH, Scalar};
use judge::{Node, Object, Verdict};

const VALUE: &str = "value";

/// The fields of a record in a payload, except its value.
const METADATA: [&str; 7] = ["topic", "partition", "offset", "timestamp", "timestampType", "key", "headers"];

/// One filter pattern of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    root: Object,
    other_keys: BTreeSet<String>,
}

impl Pattern {
    /// Parses a pattern: the JSON text in `FilterCriteria.Filters[].Pattern`.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let root = parse::pattern(text)?;
        let other_keys = other_keys(&root).into_iter().map(str::to_owned).collect();
        Ok(Self { root, other_keys })
    }

    /// The keys other than `value` in the pattern, each with whether records have it.
    pub fn other_keys(&self) -> impl Iterator<Item = (&str, bool)> {
        self.other_keys.iter().map(|key| (key.as_str(), METADATA.contains(&key.as_str())))
    }

    /// Whether the pattern accepts a record with this value. `record` returns the record's JSON as in the payload; it
    /// is called only if the pattern has [keys other than `value`](Self::other_keys).
    #[must_use]
    pub fn accepts(&self, value: Option<&[u8]>, record: impl FnOnce() -> Bytes) -> bool {
        let record = if self.other_keys.is_empty() { Bytes::new() } else { record() };
        accepts(&self.root, &Value::from(value), serde_json::from_slice(&record).ok())
    }
}

fn other_keys(pattern: &Object) -> BTreeSet<&str> {
    let own = pattern.fields.iter().map(|(name, _)| name.as_str()).filter(|name| *name != VALUE);
    own.chain(pattern.alternatives.iter().flat_map(other_keys)).collect()
}

/// A record's value by format.
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

fn accepts(pattern: &Object, value: &Value<'_>, record: Option<&RawValue>) -> bool {
    let field = |(name, node): &(String, Node)| match name.as_str() {
        VALUE => value_accepted(node, value),
        name => metadata_accepted(node, name, record),
    };
    let any = |alternatives: &[Object]| alternatives.iter().any(|one| accepts(one, value, record));
    pattern.fields.iter().all(field) && (pattern.alternatives.is_empty() || any(&pattern.alternatives))
}

fn metadata_accepted(node: &Node, name: &str, record: Option<&RawValue>) -> bool {
    let field = record.and_then(|record| json::pick(record, &[name]).ok()?.pop()?);
    node.judge(field, MAX_DEPTH).is_ok_and(|verdict| verdict != Verdict::Rejected)
}

fn value_accepted(node: &Node, value: &Value<'_>) -> bool {
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
    // A value with broken escapes or too many levels counts as not JSON.
    node.judge(json, MAX_DEPTH).map_or(true, |verdict| verdict != Verdict::Rejected)
}
