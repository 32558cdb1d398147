//! What keeps the checks from judging.

use std::{io, path::Path};

use crate::resolve::ResolveError;

/// The templates cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A file or folder cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: String,
        /// Why not.
        error: io::Error,
    },
    /// A translated template is not JSON.
    #[error("{path}: {error}; let infra/checks/run.py translate the template again")]
    Json {
        /// Which.
        path: String,
        /// What and where.
        error: serde_json::Error,
    },
    /// A template cannot be evaluated.
    #[error("{path}: {error}")]
    Template {
        /// Which.
        path: String,
        /// What is wrong with it.
        error: ResolveError,
    },
    /// cargo is not there.
    #[error("cargo cannot be started: {0}; put it on PATH")]
    NoCargo(io::Error),
    /// cargo does not tell what crates there are.
    #[error("cargo metadata failed; run cargo fetch --locked: {0}")]
    Metadata(String),
}

impl CheckError {
    /// For `map_err`: what happened to a file.
    pub fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        |error| Self::File { path, error }
    }
}
