//! A pattern's tree on a record's JSON.

use serde_json::Error;
use serde_json::value::RawValue;

use super::json::{self, Json, Scalar};
use super::matcher::Matcher;

/// What a pattern says about one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// Fields below it.
    Object(Object),
    /// One of these has to accept its value.
    Leaf(Vec<Matcher>),
}

/// What a pattern says about an object: all of its fields and, if there is `$or`, one of its alternatives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) fields: Vec<(String, Node)>,
    pub(super) alternatives: Vec<Object>,
}

/// How a pattern's part found its part of a record; the better ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Rejected,
    /// Accepted because nothing is there, which `exists: false` asks for.
    Absent,
    /// Accepted because of a value.
    Present,
}

impl Node {
    /// Judges a value, or that there is none. An error means that the value cannot be read as JSON.
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
            // Operators see leaves only: an object is as good as nothing.
            (Self::Leaf(matchers), _) => {
                Ok(verdict(matchers.contains(&Matcher::Exists(false)), Verdict::Absent))
            }
        }
    }

    /// One element has to match
    /// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-arrays.html>). Inferred
    /// from AWS's Event Ruler: fields below have to be in one element, and what alone must not exist, in none.
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
