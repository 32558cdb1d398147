//! Errors that prevent the checks.

use std::{io, path::Path};

use crate::resolve::ResolveError;

/// The templates cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A file or folder cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// The path.
        path: String,
        /// The I/O error.
        error: io::Error,
    },
    /// A file that `infra/checks/run.py` writes does not have the expected form.
    #[error("{path}: {error}; let infra/checks/run.py write it again")]
    Json {
        /// The path.
        path: String,
        /// What is wrong, and where.
        error: serde_json::Error,
    },
    /// A list of stacks or a stage's file does not have the expected form.
    #[error("{path}: {error}; correct the file")]
    Toml {
        /// The path.
        path: String,
        /// What is wrong, and where.
        error: Box<toml::de::Error>,
    },
    /// A list of stacks is empty.
    #[error("{0} lists no stack; begin the list with the platform")]
    NoStacks(String),
    /// A template cannot be evaluated.
    #[error("{path}: {error}")]
    Template {
        /// The path.
        path: String,
        /// What is wrong with it.
        error: ResolveError,
    },
    /// cargo cannot be started.
    #[error("cargo cannot be started: {0}; put it on PATH")]
    NoCargo(io::Error),
    /// cargo does not list the crates.
    #[error("cargo metadata failed; run cargo fetch --locked: {0}")]
    Metadata(String),
}

impl CheckError {
    /// For `map_err`: adds the path to an I/O error.
    pub fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        |error| Self::File { path, error }
    }
}
