//! A record's or a pattern's JSON, read only where it is asked about. Numbers stay text, because Lambda
//! compares the text.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Error, from_str};

/// How many levels of objects and arrays are followed, in a pattern and in a record. Chosen: as deep as
/// `serde_json` reads by itself.
pub(super) const MAX_DEPTH: usize = 128;

/// What kind of JSON value a text holds.
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

/// A JSON value without parts, or the text of a record that is not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    /// As it was written.
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

/// The string that a JSON string says; borrowed where it has no escapes.
fn string(json: &str) -> Result<Cow<'_, str>, Error> {
    from_str(json).map(Cow::Borrowed).or_else(|_| from_str(json).map(Cow::Owned))
}

/// An array's elements.
pub(super) fn elements(array: &RawValue) -> Result<Vec<&RawValue>, Error> {
    from_str(array.get())
}

/// A pattern's fields. The last of several with one name counts
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-duplicate-keys>).
pub(super) fn fields(object: &RawValue) -> Result<BTreeMap<String, &RawValue>, Error> {
    from_str(object.get())
}

/// A record's fields of these names, in their order. Inferred: the last of several with one name counts, as in
/// patterns.
pub(super) fn pick<'a>(object: &'a RawValue, names: &[&str]) -> Result<Vec<Option<&'a RawValue>>, Error> {
    let mut json = serde_json::Deserializer::from_str(object.get());
    json.deserialize_map(Picked(names))
}

/// One level less to go, or an error at the end of it.
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

/// Which of the names a key is.
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
