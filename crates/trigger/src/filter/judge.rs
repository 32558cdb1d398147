//! Evaluates a pattern's tree on a record's JSON.

use serde_json::Error;
use serde_json::value::RawValue;

use super::json::{self, Json, Scalar};
use super::matcher::Matcher;

/// A pattern for one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A pattern for the fields below it.
    Object(Object),
    /// One of these must accept the field's value.
    Leaf(Vec<Matcher>),
}

/// A pattern for an object: all fields must match and, if there is `$or`, one of its alternatives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) fields: Vec<(String, Node)>,
    pub(super) alternatives: Vec<Object>,
}

/// The result of matching a part of a pattern. Better matches are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Rejected,
    /// Accepted by `exists: false` because there is no value.
    Absent,
    /// Accepted because of a value.
    Present,
}

impl Node {
    /// Matches a value, or the absence of one. An error means that the value cannot be parsed as JSON.
    pub(super) fn judge(&self, value: Option<&RawValue>, depth: usize) -> Result<Verdict, Error> {
        match (self, value.map(Json::from)) {
            (_, Some(Json::Array(array))) => self.judge_array(array, json::deeper(depth)?),
            (Self::Object(object), Some(Json::Object(value))) => {
                object.judge(Some(value), json::deeper(depth)?)
            }
            (Self::Object(object), _) => object.judge(None, json::deeper(depth)?),
            (Self::Leaf(matchers), Some(Json::Scalar(value))) => {
                let value = Scalar::read(value)?;
                Ok(verdict(matchers.iter().any(|matcher| matcher.accepts(&value)), Verdict::Present))
            }
            // Operators match leaves only: an object counts as a missing value.
            (Self::Leaf(matchers), _) => {
                Ok(verdict(matchers.contains(&Matcher::Exists(false)), Verdict::Absent))
            }
        }
    }

    /// One element must match
    /// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-arrays.html>). Inferred from AWS's
    /// Event Ruler: all fields of the pattern must match in the same element, and a pattern that only requires
    /// absence must hold for every element.
    fn judge_array(&self, array: &RawValue, depth: usize) -> Result<Verdict, Error> {
        let mut all = Verdict::Present;
        let mut best = Verdict::Rejected;
        let elements = json::elements(array)?;
        if elements.is_empty() {
            return self.judge(None, depth);
        }
        for element in elements {
            let verdict = self.judge(Some(element), depth)?;
            all = all.min(verdict);
            best = best.max(verdict);
        }
        Ok(if best == Verdict::Present { best } else { all })
    }
}

impl Object {
    fn judge(&self, object: Option<&RawValue>, depth: usize) -> Result<Verdict, Error> {
        let names: Vec<&str> = self.fields.iter().map(|(name, _)| name.as_str()).collect();
        let values = match object {
            Some(object) => json::pick(object, &names)?,
            None => vec![None; names.len()],
        };
        let fields = self.fields.iter().zip(values).map(|((_, node), value)| node.judge(value, depth));
        let alternatives = self.judge_alternatives(object, depth).transpose();
        fields.chain(alternatives).try_fold(Verdict::Absent, |so_far, verdict| Ok(both(so_far, verdict?)))
    }

    fn judge_alternatives(&self, object: Option<&RawValue>, depth: usize) -> Result<Option<Verdict>, Error> {
        let verdicts = self.alternatives.iter().map(|alternative| alternative.judge(object, depth));
        verdicts.collect::<Result<Vec<_>, _>>().map(|verdicts| verdicts.into_iter().max())
    }
}

fn verdict(accepted: bool, how: Verdict) -> Verdict {
    if accepted { how } else { Verdict::Rejected }
}

fn both(left: Verdict, right: Verdict) -> Verdict {
    if left == Verdict::Rejected {
        left
    } else if right == Verdict::Rejected {
        right
    } else {
        left.max(right)
    }
}
