//! Parsing of operators in a pattern's lists.

use ipnet::IpNet;
use serde_json::value::RawValue;

use super::fault::{Fault, PatternError, Place};
use super::json::{self, Json, Scalar};
use super::matcher::Matcher;
use super::number::Range;
use super::parse::scalar;
use super::text::Wildcard;

const IGNORE_CASE: &str = "equals-ignore-case";

/// Parses an object with one operator.
pub(super) fn parse(raw: &RawValue, place: Place<'_>) -> Result<Matcher, PatternError> {
    let (name, operand) = only_field(raw, place)?;
    let place = Place::Field(&place, &name);
    match name.as_str() {
        "exists" => exists(operand, place),
        "prefix" => affix(operand, place, Matcher::Prefix, Matcher::PrefixIgnoreCase),
        "suffix" => affix(operand, place, Matcher::Suffix, Matcher::SuffixIgnoreCase),
        IGNORE_CASE => text(operand, place).map(Matcher::EqualsIgnoreCase),
        "wildcard" => wildcard(operand, place),
        "numeric" => numeric(operand, place),
        "cidr" => cidr(operand, place),
        "anything-but" => anything_but(operand, place).map(Matcher::AnythingBut),
        _ => Err(place.refused(Fault::UnknownOperator)),
    }
}

fn only_field<'a>(raw: &'a RawValue, place: Place<'_>) -> Result<(String, &'a RawValue), PatternError> {
    let mut fields = json::fields(raw)?;
    match (fields.pop_first(), fields.is_empty()) {
        (Some(field), true) => Ok(field),
        _ => Err(place.refused(Fault::MustBe("an object with one operator"))),
    }
}

/// Reads a scalar; `None` for an object or an array.
fn read(raw: &RawValue) -> Result<Option<Scalar<'_>>, PatternError> {
    match raw.into() {
        Json::Scalar(raw) => Ok(Some(Scalar::read(raw)?)),
        _ => Ok(None),
    }
}

fn text(raw: &RawValue, place: Place<'_>) -> Result<String, PatternError> {
    match read(raw)? {
        Some(Scalar::Text(text)) => Ok(text.into_owned()),
        _ => Err(place.refused(Fault::MustBe("a string"))),
    }
}

fn exists(raw: &RawValue, place: Place<'_>) -> Result<Matcher, PatternError> {
    match read(raw)? {
        Some(Scalar::Bool(wanted)) => Ok(Matcher::Exists(wanted)),
        _ => Err(place.refused(Fault::MustBe("true or false"))),
    }
}

fn affix(
    raw: &RawValue,
    place: Place<'_>,
    exact: fn(String) -> Matcher,
    ignore_case: fn(String) -> Matcher,
) -> Result<Matcher, PatternError> {
    let Json::Object(raw) = raw.into() else { return text(raw, place).map(exact) };
    let (name, operand) = only_field(raw, place)?;
    if name != IGNORE_CASE {
        return Err(place.refused(Fault::MustBe("a string, or an object with equals-ignore-case")));
    }
    text(operand, Place::Field(&place, IGNORE_CASE)).map(ignore_case)
}

fn wildcard(raw: &RawValue, place: Place<'_>) -> Result<Matcher, PatternError> {
    let wildcard = Wildcard::parse(&text(raw, place)?);
    wildcard.map(Matcher::Wildcard).map_err(|fault| place.refused(fault))
}

fn numeric(raw: &RawValue, place: Place<'_>) -> Result<Matcher, PatternError> {
    let refused = || place.refused(Fault::Numeric);
    let Json::Array(list) = raw.into() else { return Err(refused()) };
    let elements = json::elements(list)?;
    let values: Vec<_> = elements.into_iter().map(read).collect::<Result<_, _>>()?;
    let comparisons: Vec<_> = values.chunks(2).map(comparison).collect::<Option<_>>().ok_or_else(refused)?;
    Range::parse(&comparisons).map(Matcher::Numeric).map_err(|fault| place.refused(fault))
}

/// A pair of an operator and a number.
fn comparison<'a>(pair: &'a [Option<Scalar<'_>>]) -> Option<(&'a str, &'a str)> {
    match pair {
        [Some(Scalar::Text(operator)), Some(Scalar::Number(number))] => Some((operator, number)),
        _ => None,
    }
}

/// Like Event Ruler, rejects a network of a single address.
fn cidr(raw: &RawValue, place: Place<'_>) -> Result<Matcher, PatternError> {
    let network = text(raw, place)?.parse().ok();
    let network = network.filter(|network: &IpNet| network.prefix_len() < network.max_prefix_len());
    network
        .map(Matcher::Cidr)
        .ok_or_else(|| place.refused(Fault::MustBe("an IP network such as \"10.0.0.0/24\"")))
}

/// Parses the operand of `anything-but`: a string, a number, a list of either, or an operator with a string or a list
/// of strings.
fn anything_but(raw: &RawValue, place: Place<'_>) -> Result<Vec<Matcher>, PatternError> {
    let Json::Object(raw) = raw.into() else { return unwanted_values(raw, place) };
    let (name, operand) = only_field(raw, place)?;
    let place = Place::Field(&place, &name);
    let matcher: fn(&RawValue, Place<'_>) -> Result<Matcher, PatternError> = match name.as_str() {
        "prefix" => |raw, place| part(raw, place).map(Matcher::Prefix),
        "suffix" => |raw, place| part(raw, place).map(Matcher::Suffix),
        IGNORE_CASE => |raw, place| text(raw, place).map(Matcher::EqualsIgnoreCase),
        "wildcard" => wildcard,
        _ => return Err(place.refused(Fault::NotWithAnythingBut)),
    };
    one_or_more(operand, place, matcher)
}

fn unwanted_values(raw: &RawValue, place: Place<'_>) -> Result<Vec<Matcher>, PatternError> {
    let refused =
        || place.refused(Fault::MustBe("a string, a number, or a list of only strings or only numbers"));
    let values = one_or_more(raw, place, |raw, place| match raw.into() {
        Json::Scalar(raw) => scalar(raw).map(Matcher::Exact),
        _ => Err(place.refused(Fault::MustBe("a string or a number"))),
    })?;
    let all_texts = values.iter().all(|value| matches!(value, Matcher::Exact(Scalar::Text(_))));
    let all_numbers = values.iter().all(|value| matches!(value, Matcher::Exact(Scalar::Number(_))));
    if all_texts || all_numbers { Ok(values) } else { Err(refused()) }
}

/// A prefix or suffix in `anything-but`. An empty one is rejected, because it would exclude everything.
fn part(raw: &RawValue, place: Place<'_>) -> Result<String, PatternError> {
    let text = text(raw, place)?;
    if text.is_empty() { Err(place.refused(Fault::Empty)) } else { Ok(text) }
}

fn one_or_more(
    raw: &RawValue,
    place: Place<'_>,
    matcher: impl Fn(&RawValue, Place<'_>) -> Result<Matcher, PatternError>,
) -> Result<Vec<Matcher>, PatternError> {
    let Json::Array(list) = raw.into() else { return Ok(vec![matcher(raw, place)?]) };
    let elements = json::elements(list)?;
    if elements.is_empty() {
        return Err(place.refused(Fault::Empty));
    }
    let element = |(index, raw)| matcher(raw, Place::Element(&place, index));
    elements.into_iter().enumerate().map(element).collect()
}
