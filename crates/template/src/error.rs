//! Errors in templates. Each message also says what to do.

use std::fmt;
use std::path::PathBuf;

/// A template or its settings are invalid.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file cannot be read.
    #[error("{path}: {source}; check that the template exists and that you may read it")]
    File {
        /// The template's path.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The path is a folder, a pipe or a device.
    #[error("{path} is not a file; give the path of a template, e.g. of template.yaml in that folder")]
    NoFile {
        /// The given path.
        path: PathBuf,
    },
    /// A line of a template is invalid or needs something that the local stack does not support.
    #[error("{file}:{line}: {fault}")]
    Line {
        /// The template's path.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        fault: Fault,
    },
    /// A value was given for a parameter that no template declares.
    #[error("no template has a parameter {name}; the parameters are: {known}")]
    UnknownParameter {
        /// The given name.
        name: String,
        /// The declared names, separated by commas.
        known: String,
    },
}

/// What is wrong with one line, and what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Fault {
    /// The YAML cannot be parsed.
    #[error("invalid YAML: {0}; correct this line")]
    Yaml(String),
    /// The template exceeds a limit.
    #[error("the template exceeds {limit} {what}; make it smaller")]
    TooBig {
        /// The limit.
        limit: usize,
        /// What is counted, e.g. "bytes".
        what: &'static str,
    },
    /// A map has the same key twice, or two resources have the same name.
    #[error("{name} is defined twice; remove or rename one")]
    Duplicate {
        /// The key or name.
        name: String,
    },
    /// A loop creates a key that exists already, or another template has a resource of the same name.
    #[error("{name} is already defined {first}; remove or rename one")]
    Clash {
        /// The key or name.
        name: String,
        /// Where the other one is, e.g. `on line 3` or `in infra/bank.yaml`.
        first: String,
    },
    /// Something in a copy that a loop creates is wrong.
    #[error("in {turn}: {fault}")]
    InLoop {
        /// The loop and the values of its identifiers.
        turn: String,
        /// What is wrong.
        fault: Box<Fault>,
    },
    /// A value has the wrong type.
    #[error("{name} must be {expected}")]
    Type {
        /// The property.
        name: String,
        /// The expected type.
        expected: &'static str,
    },
    /// A required property is absent.
    #[error("{of} lacks {name}; add it")]
    Missing {
        /// The resource or map without it.
        of: String,
        /// The property.
        name: &'static str,
    },
    /// A parameter has neither a default nor a given value.
    #[error("parameter {name} has no default and no given value; set it with --parameter {name}=VALUE")]
    MissingParameter {
        /// The parameter.
        name: String,
    },
    /// A reference to something that does not exist.
    #[error("there is no {kind} {name}; correct the name or add it")]
    Unknown {
        /// What kind of thing is missing, e.g. "condition".
        kind: &'static str,
        /// The name as written.
        name: String,
    },
    /// A construct of `CloudFormation` or SAM that the local stack does not support, or a misspelt one.
    #[error("the local stack does not support {construct}; {remedy}")]
    Unsupported {
        /// The construct as written.
        construct: String,
        /// What to do instead.
        remedy: &'static str,
    },
    /// A value is outside the limits of the service.
    #[error("{name} is {value}, but must be {expected}")]
    Value {
        /// The property or parameter.
        name: String,
        /// The wrong value.
        value: String,
        /// The valid values.
        expected: String,
    },
    /// A value is invalid for a reason that no other fault covers.
    #[error("{name} cannot be used: {reason}")]
    Refused {
        /// The property.
        name: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A condition or name depends on itself.
    #[error("{name} refers to itself; remove the circular reference")]
    Circular {
        /// The condition or resource.
        name: String,
    },
}

/// A fault and its line. The file is added later.
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
