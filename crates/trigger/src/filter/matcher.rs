//! The comparison operators.

use std::net::IpAddr;

use ipnet::IpNet;

use super::json::Scalar;
use super::number::Range;
use super::text::{Wildcard, ends_ignoring_case, same_ignoring_case, starts_ignoring_case};

/// One entry of a pattern's list.
///
/// Lambda's own list of operators
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax>) lacks
/// `wildcard`, `cidr`, case-insensitive prefixes and suffixes, and `anything-but` with an operator. Inferred: Lambda
/// accepts them, because the same page says that it supports the rules and the syntax of event buses, which have them
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Matcher {
    /// The same value. Lambda documents that numbers are compared as text, so 300, 300.0 and 3.0e2 are not equal;
    /// in AWS's Event Ruler they are equal.
    Exact(Scalar<'static>),
    EqualsIgnoreCase(String),
    Prefix(String),
    PrefixIgnoreCase(String),
    Suffix(String),
    SuffixIgnoreCase(String),
    Wildcard(Wildcard),
    Numeric(Range),
    Cidr(IpNet),
    Exists(bool),
    /// A value that none of these accepts.
    AnythingBut(Vec<Matcher>),
}

impl Matcher {
    /// Whether it accepts a value.
    pub(super) fn accepts(&self, value: &Scalar<'_>) -> bool {
        match (self, value) {
            (Self::Exact(wanted), value) => wanted == value,
            (Self::Exists(wanted), _) => *wanted,
            (Self::AnythingBut(unwanted), value) => !unwanted.iter().any(|matcher| matcher.accepts(value)),
            (Self::Numeric(range), Scalar::Number(number)) => range.accepts(number),
            (matcher, Scalar::Text(text)) => matcher.accepts_text(text),
            _ => false,
        }
    }

    fn accepts_text(&self, text: &str) -> bool {
        match self {
            Self::EqualsIgnoreCase(wanted) => same_ignoring_case(text, wanted),
            Self::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Self::PrefixIgnoreCase(prefix) => starts_ignoring_case(text, prefix),
            Self::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Self::SuffixIgnoreCase(suffix) => ends_ignoring_case(text, suffix),
            Self::Wildcard(wildcard) => wildcard.accepts(text),
            Self::Cidr(network) => text.parse().is_ok_and(|address: IpAddr| network.contains(&address)),
            Self::Exact(_) | Self::Numeric(_) | Self::Exists(_) | Self::AnythingBut(_) => false,
        }
    }
}
