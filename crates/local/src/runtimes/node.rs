//! `nodejs*` runtimes, with AWS's [runtime interface client].
//!
//! [runtime interface client]: https://github.com/aws/aws-lambda-nodejs-runtime-interface-client

use tidings_process::find_program;
use tidings_template::Function;

use super::{RuntimeError, Start, code};

const CLIENT: &str = "aws-lambda-ric";

/// Like npx, searches the client in `node_modules` of the code's folder and its parents and in PATH, but does not
/// download it, because that takes longer than a function may take to initialise.
pub(super) fn start(function: &Function) -> Result<Start, RuntimeError> {
    let code = code(function)?;
    let installed = |folder: &std::path::Path| folder.join("node_modules/.bin").join(CLIENT);
    let own = code.ancestors().map(installed).find(|path| path.is_file());
    let program = own.or_else(|| find_program(CLIENT, "").ok()).ok_or_else(|| RuntimeError::NoClient {
        function: function.name.clone(),
        package: CLIENT,
        place: format!("node_modules of {} or its parent folders, or in PATH", code.display()),
        remedy: format!(
            "run npm install {CLIENT} there, which builds it with a C++ compiler, make, cmake, autoconf, automake and \
             libtool"
        ),
    })?;
    let handler = function.handler.clone().unwrap_or_default();
    Ok(Start { command: vec![program.display().to_string(), handler], directory: Some(code) })
}
