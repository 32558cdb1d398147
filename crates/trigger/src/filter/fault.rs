//! Errors in filter patterns.

use std::fmt;

/// A pattern that Lambda would reject.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PatternError {
    /// The pattern is longer than the Lambda API accepts.
    #[error(
        "the filter pattern has {characters} characters, but Lambda accepts at most {limit}; \
         shorten it or split it into several filters"
    )]
    TooLong {
        /// The pattern's length.
        characters: usize,
        /// The longest pattern that Lambda accepts.
        limit: usize,
    },

    /// The pattern is not JSON.
    #[error("the filter pattern is not valid JSON: {reason}; correct it")]
    NotJson {
        /// The parser's message, with line and column.
        reason: String,
    },

    /// The pattern is JSON, but not a valid event pattern.
    #[error("{path} in the filter pattern {fault}")]
    Refused {
        /// The JSON path of the wrong part.
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
    /// The part has the wrong type. Holds the expected one.
    #[error("must be {0}")]
    MustBe(&'static str),
    /// An object or list is empty.
    #[error("is empty; name what to match, or leave the part out")]
    Empty,
    /// The operator does not exist. Operators are case-sensitive.
    #[error(
        "is not an operator; the operators are anything-but, cidr, equals-ignore-case, exists, numeric, prefix, \
         suffix and wildcard"
    )]
    UnknownOperator,
    /// The operator cannot be combined with `anything-but`.
    #[error("cannot be used in anything-but, which takes equals-ignore-case, prefix, suffix and wildcard")]
    NotWithAnythingBut,
    /// The operand of `numeric` is not a list of comparisons.
    #[error(
        "must be a list such as [\"=\", 5], [\">\", 0] or [\">\", 0, \"<=\", 5]: the lower bound first, \
         with the operators =, <, <=, > or >="
    )]
    Numeric,
    /// A number is outside the range of numeric matching.
    #[error("has a number outside the range of numeric matching; choose one from -5.0e9 to 5.0e9")]
    NumberBeyondLimit,
    /// No number is in the range.
    #[error("has a lower bound that is not below the upper bound; swap or correct them")]
    EmptyRange,
    /// A wildcard contains `**`.
    #[error("has two asterisks in a row; one asterisk already matches any characters")]
    ConsecutiveWildcards,
    /// A wildcard contains a backslash before a character other than `*` and `\`.
    #[error("has a backslash that escapes nothing; write \\\\ for a backslash or \\* for an asterisk")]
    WildcardEscape,
    /// The pattern has too many levels.
    #[error("is nested too deeply; remove some levels")]
    TooDeep,
}

/// A position in a pattern, displayed as a JSON path.
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

    /// The number of steps from the root.
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
