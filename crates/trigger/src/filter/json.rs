//! Lazy reading of a record's or a pattern's JSON. Numbers stay text, because Lambda compares their text.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Error, from_str};

/// How many levels of objects and arrays are read, in a pattern and in a record. Chosen: the default limit of
/// `serde_json`.
pub(super) const MAX_DEPTH: usize = 128;

/// A JSON value by its kind, not parsed further.
#[derive(Clone, Copy)]
pub(super) enum Json<'a> {
    Object(&'a RawValue),
    Array(&'a RawValue),
    Scalar(&'a RawValue),
}

impl<'a> From<&'a RawValue> for Json<'a> {
    fn from(raw: &'a RawValue) -> Self {
        match raw.get().as_bytes().first() {
            Some(b'{') => Self::Object(raw),
            Some(b'[') => Self::Array(raw),
            _ => Self::Scalar(raw),
        }
    }
}

/// A JSON value that is neither an object nor an array, or the text of a record that is not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    /// The number as written.
    Number(Cow<'a, str>),
    Text(Cow<'a, str>),
}

impl<'a> Scalar<'a> {
    pub(super) fn read(raw: &'a RawValue) -> Result<Self, Error> {
        let text = raw.get();
        Ok(match text {
            "null" => Self::Null,
            "true" => Self::Bool(true),
            "false" => Self::Bool(false),
            _ if text.starts_with('"') => Self::Text(string(text)?),
            _ => Self::Number(Cow::Borrowed(text)),
        })
    }
}

/// Decodes a JSON string; borrows it if it has no escapes.
fn string(json: &str) -> Result<Cow<'_, str>, Error> {
    from_str(json).map(Cow::Borrowed).or_else(|_| from_str(json).map(Cow::Owned))
}

/// An array's elements.
pub(super) fn elements(array: &RawValue) -> Result<Vec<&RawValue>, Error> {
    from_str(array.get())
}

/// A pattern's fields. Of several with the same name, the last one counts
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-duplicate-keys>).
pub(super) fn fields(object: &RawValue) -> Result<BTreeMap<String, &RawValue>, Error> {
    from_str(object.get())
}

/// The values of a record's fields with these names, in the order of the names. Inferred: of several fields with the
/// same name, the last one counts, as in patterns.
pub(super) fn pick<'a>(object: &'a RawValue, names: &[&str]) -> Result<Vec<Option<&'a RawValue>>, Error> {
    let mut json = serde_json::Deserializer::from_str(object.get());
    json.deserialize_map(Picked(names))
}

/// The depth left for the next level, or an error if none is left.
pub(super) fn deeper(depth: usize) -> Result<usize, Error> {
    depth.checked_sub(1).ok_or_else(|| Error::custom("nested too deeply"))
}

struct Picked<'n>(&'n [&'n str]);

impl<'de> Visitor<'de> for Picked<'_> {
    type Value = Vec<Option<&'de RawValue>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut picked = vec![None; self.0.len()];
        while let Some(index) = map.next_key_seed(IndexOf(self.0))? {
            match index {
                Some(index) => picked[index] = Some(map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(picked)
    }
}

/// Finds the index of a key in the names.
struct IndexOf<'n>(&'n [&'n str]);

impl<'de> DeserializeSeed<'de> for IndexOf<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IndexOf<'_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a field's name")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|name| *name == key))
    }
}
