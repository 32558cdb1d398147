//! Parses a pattern into its tree. It rejects what AWS's Event Ruler rejects (<https://github.com/aws/event-ruler>),
//! unless Lambda's documentation says otherwise.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::fault::{Fault, PatternError, Place};
use super::json::{self, Json, MAX_DEPTH, Scalar};
use super::judge::{Node, Object};
use super::matcher::Matcher;
use super::operator;

/// The maximum length of a pattern in characters (<https://docs.aws.amazon.com/lambda/latest/api/API_Filter.html>).
const MAX_CHARACTERS: usize = 4096;
const OR: &str = "$or";

/// Parses a pattern.
pub(super) fn pattern(text: &str) -> Result<Object, PatternError> {
    let characters = text.chars().count();
    if characters > MAX_CHARACTERS {
        return Err(PatternError::TooLong { characters, limit: MAX_CHARACTERS });
    }
    let raw: &RawValue = serde_json::from_str(text)?;
    let Json::Object(root) = raw.into() else {
        return Err(
            Place::Root.refused(Fault::MustBe("an object, such as {\"value\": {\"field\": [\"text\"]}}"))
        );
    };
    object(root, Place::Root)
}

fn object(raw: &RawValue, place: Place<'_>) -> Result<Object, PatternError> {
    if place.depth() > MAX_DEPTH {
        return Err(place.refused(Fault::TooDeep));
    }
    let fields = json::fields(raw)?;
    if fields.is_empty() {
        return Err(place.refused(Fault::Empty));
    }
    let mut object = Object::default();
    for (name, raw) in fields {
        let place = Place::Field(&place, &name);
        if name == OR {
            object.alternatives = alternatives(raw, place)?;
        } else {
            let node = node(raw, place)?;
            object.fields.push((name, node));
        }
    }
    Ok(object)
}

fn alternatives(raw: &RawValue, place: Place<'_>) -> Result<Vec<Object>, PatternError> {
    let refused = || place.refused(Fault::MustBe("a list of two or more objects"));
    let Json::Array(list) = raw.into() else { return Err(refused()) };
    let elements = json::elements(list)?;
    if elements.len() < 2 {
        return Err(refused());
    }
    let alternative = |(index, raw): (usize, &RawValue)| match raw.into() {
        Json::Object(raw) => object(raw, Place::Element(&place, index)),
        _ => Err(refused()),
    };
    elements.into_iter().enumerate().map(alternative).collect()
}

fn node(raw: &RawValue, place: Place<'_>) -> Result<Node, PatternError> {
    match raw.into() {
        Json::Object(raw) => object(raw, place).map(Node::Object),
        Json::Array(list) => {
            let elements = json::elements(list)?;
            if elements.is_empty() {
                return Err(place.refused(Fault::Empty));
            }
            let matcher = |(index, raw)| matcher(raw, Place::Element(&place, index));
            elements.into_iter().enumerate().map(matcher).collect::<Result<_, _>>().map(Node::Leaf)
        }
        Json::Scalar(_) => {
            Err(place.refused(Fault::MustBe("a list of values or operators, or an object of fields")))
        }
    }
}

fn matcher(raw: &RawValue, place: Place<'_>) -> Result<Matcher, PatternError> {
    match raw.into() {
        Json::Object(raw) => operator::parse(raw, place),
        Json::Scalar(raw) => scalar(raw).map(Matcher::Exact),
        Json::Array(_) => Err(place
            .refused(Fault::MustBe("a string, a number, true, false, null or an object with an operator"))),
    }
}

pub(super) fn scalar(raw: &RawValue) -> Result<Scalar<'static>, PatternError> {
    Ok(match Scalar::read(raw)? {
        Scalar::Null => Scalar::Null,
        Scalar::Bool(value) => Scalar::Bool(value),
        Scalar::Number(text) => Scalar::Number(Cow::Owned(text.into_owned())),
        Scalar::Text(text) => Scalar::Text(Cow::Owned(text.into_owned())),
    })
}
