//! Executables for `provided.*` runtimes, which are named `bootstrap` in a deployment package.

use std::path::{Path, PathBuf};

use tidings_template::Function;

use super::{RuntimeError, Start, code};

pub(super) fn start(function: &Function, binaries: Option<&Path>) -> Result<Start, RuntimeError> {
    let places = match binaries {
        Some(folder) => vec![folder.join(&function.binary).join("bootstrap"), folder.join(&function.binary)],
        None => places(&code(function)?, &function.binary),
    };
    match places.iter().find(|path| path.is_file()) {
        Some(program) => Ok(Start { command: vec![program.display().to_string()], directory: None }),
        None => Err(RuntimeError::NotBuilt {
            function: function.name.clone(),
            places: places.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" or "),
        }),
    }
}

/// `sam build`, make and Go put the executable into the code's folder, cargo-lambda into `target/lambda` of the
/// workspace.
fn places(code: &Path, binary: &str) -> Vec<PathBuf> {
    let lambda = Path::new("target/lambda").join(binary).join("bootstrap");
    let nearest = code.ancestors().map(|folder| folder.join(&lambda)).find(|path| path.is_file());
    vec![code.join("bootstrap"), nearest.unwrap_or_else(|| code.join(lambda))]
}
