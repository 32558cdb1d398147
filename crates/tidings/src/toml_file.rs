//! Reading the project's TOML files.

use std::{fs, path::Path};

use serde::de::DeserializeOwned;
use tidings_process::StartError;

/// Reads a file; an error names it, and the line where that is what is wrong.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, StartError> {
    let text =
        fs::read_to_string(path).map_err(|source| StartError::File { path: path.to_owned(), source })?;
    toml::from_str(&text).map_err(|error| {
        // One line: TOML's own message quotes the text below it.
        let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
        StartError::Setting(format!("{}:{line}: {}; correct it", path.display(), error.message()))
    })
}
