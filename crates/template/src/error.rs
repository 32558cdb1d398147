//! What is wrong with a template, where, and what to do about it.

use std::fmt;
use std::path::PathBuf;

/// A template cannot be read, or the settings given to it are wrong.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file cannot be read.
    #[error("{path}: {source}; check that the template exists and that you may read it")]
    File {
        /// The template.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A folder, a pipe or a device.
    #[error("{path} is not a file; name the template itself, e.g. template.yaml in that folder")]
    NoFile {
        /// What was given.
        path: PathBuf,
    },
    /// A line of a template is wrong, or asks for what the local stack does not have.
    #[error("{file}:{line}: {fault}")]
    Line {
        /// The template.
        file: PathBuf,
        /// Line in it, counted from 1.
        line: usize,
        /// What is wrong there.
        fault: Fault,
    },
    /// A value was given for a parameter that no template declares.
    #[error("no template has a parameter {name}; there are: {known}")]
    UnknownParameter {
        /// The name as it was given.
        name: String,
        /// The declared names, separated by commas.
        known: String,
    },
}

/// What is wrong with one line, and what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Fault {
    /// The YAML scanner gave up.
    #[error("this is not YAML: {0}; correct the line")]
    Yaml(String),
    /// Bigger or deeper than any real template.
    #[error("the template exceeds {limit} {what}; make it smaller")]
    TooBig {
        /// The limit.
        limit: usize,
        /// Its unit, e.g. "bytes".
        what: &'static str,
    },
    /// The same key twice in one map, or the same name for two resources.
    #[error("{name} is there twice; remove or rename one")]
    Duplicate {
        /// Key or name.
        name: String,
    },
    /// A loop makes a key that is there already.
    #[error("{name} is there already, on {first}; remove or rename one")]
    Clash {
        /// The key, e.g. a logical id.
        name: String,
        /// Where it is, too.
        first: String,
    },
    /// Something is wrong with what a loop makes.
    #[error("in {turn}: {fault}")]
    InLoop {
        /// The loop and what its identifiers stand for.
        turn: String,
        /// What is wrong.
        fault: Box<Fault>,
    },
    /// Another kind of value is needed.
    #[error("{name} must be {expected}")]
    Type {
        /// The property.
        name: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A required property is absent.
    #[error("{of} lacks {name}; add it")]
    Missing {
        /// What lacks it.
        of: String,
        /// The property.
        name: &'static str,
    },
    /// A parameter has neither a default nor a given value.
    #[error(
        "parameter {name} has no default and was not given; give it a value with --parameter {name}=VALUE"
    )]
    MissingParameter {
        /// The parameter.
        name: String,
    },
    /// Something refers to what does not exist.
    #[error("there is no {kind} {name}; correct the name or add it")]
    Unknown {
        /// e.g. "condition".
        kind: &'static str,
        /// The name as written.
        name: String,
    },
    /// A valid construct of `CloudFormation` or SAM, or a misspelt one, that the local stack cannot honour.
    #[error("the local stack does not support {construct}; {remedy}")]
    Unsupported {
        /// The construct as written.
        construct: String,
        /// What to do instead.
        remedy: &'static str,
    },
    /// A value outside the limits of the service.
    #[error("{name} is {value}, but must be {expected}")]
    Value {
        /// The property or parameter.
        name: String,
        /// Its value.
        value: String,
        /// The limits.
        expected: String,
    },
    /// A value that another part of the local stack cannot read.
    #[error("{name} cannot be used: {reason}")]
    Refused {
        /// The property.
        name: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A condition or name depends on itself.
    #[error("{name} refers to itself; break the circle")]
    Circular {
        /// Condition or resource.
        name: String,
    },
}

/// A fault and its line; the file is added where it is known.
#[derive(Debug)]
pub(super) struct Located {
    pub line: usize,
    pub fault: Fault,
}

pub(super) type Result<T> = std::result::Result<T, Located>;

impl Located {
    pub fn new(line: usize, fault: Fault) -> Self {
        Self { line, fault }
    }

    pub fn kind(line: usize, name: impl Into<String>, expected: &'static str) -> Self {
        Self::new(line, Fault::Type { name: name.into(), expected })
    }

    pub fn value(
        line: usize,
        name: impl Into<String>,
        value: impl fmt::Display,
        expected: impl Into<String>,
    ) -> Self {
        let value = match value.to_string() {
            empty if empty.is_empty() => "''".to_owned(),
            value => value,
        };
        Self::new(line, Fault::Value { name: name.into(), value, expected: expected.into() })
    }

    pub fn unsupported(line: usize, construct: impl Into<String>, remedy: &'static str) -> Self {
        Self::new(line, Fault::Unsupported { construct: construct.into(), remedy })
    }

    pub fn in_file(self, file: impl Into<PathBuf>) -> TemplateError {
        TemplateError::Line { file: file.into(), line: self.line, fault: self.fault }
    }
}
