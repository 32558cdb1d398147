//! Patterns that are refused.

use std::fmt;

/// A pattern that Lambda would refuse, or that a Kafka mapping could not follow.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PatternError {
    /// It exceeds the length that the Lambda API takes.
    #[error(
        "the filter pattern has {characters} characters, but Lambda takes at most {limit}; \
         shorten it or divide it into several filters"
    )]
    TooLong {
        /// Its length.
        characters: usize,
        /// The longest pattern that Lambda takes.
        limit: usize,
    },

    /// It is not JSON.
    #[error("the filter pattern is not JSON: {reason}; correct it")]
    NotJson {
        /// What is wrong, and where.
        reason: String,
    },

    /// It is JSON, but no pattern.
    #[error("{path} in the filter pattern {fault}")]
    Refused {
        /// The part that is wrong, as a JSON path.
        path: String,
        /// What is wrong with it.
        fault: Fault,
    },
}

impl From<serde_json::Error> for PatternError {
    fn from(error: serde_json::Error) -> Self {
        Self::NotJson { reason: error.to_string() }
    }
}

/// What is wrong with a part of a pattern, and what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Fault {
    /// The pattern or a field in it is neither an object nor a list, or the pattern is a list.
    #[error("must be {0}")]
    MustBe(&'static str),
    /// An object, list or list of values is empty.
    #[error("is empty; name what to match, or leave the part out")]
    Empty,
    /// An operator that does not exist; operators are case-sensitive.
    #[error(
        "is not an operator; there are anything-but, cidr, equals-ignore-case, exists, numeric, prefix, suffix \
         and wildcard"
    )]
    UnknownOperator,
    /// An operator that `anything-but` does not take.
    #[error("does not go with anything-but, which takes equals-ignore-case, prefix, suffix and wildcard")]
    NotWithAnythingBut,
    /// `numeric` with something else than comparisons.
    #[error(
        "must be a list such as [\"=\", 5], [\">\", 0] or [\">\", 0, \"<=\", 5]: the lower bound first, \
         the operators =, <, <=, > or >="
    )]
    Numeric,
    /// A number that numeric matching does not take.
    #[error(
        "has a number that numeric matching does not take: it must be from -5.0e9 to 5.0e9; choose another one"
    )]
    NumberBeyondLimit,
    /// A range without numbers.
    #[error("has a lower bound that is not below the upper one; exchange or correct them")]
    EmptyRange,
    /// `**`.
    #[error("has two asterisks in a row; one stands for any characters")]
    ConsecutiveWildcards,
    /// A backslash before another character than `*` and `\`.
    #[error("has a backslash that escapes nothing; write it as \\\\, or as \\* for an asterisk")]
    WildcardEscape,
    /// Nested beyond what is read.
    #[error("is nested too deeply; take levels away")]
    TooDeep,
}

/// Where in a pattern something is, as a JSON path.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Root,
    Field(&'a Place<'a>, &'a str),
    Element(&'a Place<'a>, usize),
}

impl Place<'_> {
    pub(super) fn refused(&self, fault: Fault) -> PatternError {
        PatternError::Refused { path: self.to_string(), fault }
    }

    /// How many steps it is from the root.
    pub(super) fn depth(&self) -> usize {
        std::iter::successors(Some(self), |place| place.parent()).count()
    }

    fn parent(&self) -> Option<&Self> {
        match self {
            Self::Root => None,
            Self::Field(parent, _) | Self::Element(parent, _) => Some(parent),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => formatter.write_str("$"),
            Self::Field(parent, name) => write!(formatter, "{parent}.{name}"),
            Self::Element(parent, index) => write!(formatter, "{parent}[{index}]"),
        }
    }
}
