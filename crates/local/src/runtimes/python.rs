//! `python3*` runtimes, with AWS's [runtime interface client].
//!
//! [runtime interface client]: https://github.com/aws/aws-lambda-python-runtime-interface-client

use std::path::Path;

use tidings_process::{Launch, basic_environment};
use tidings_template::Function;

use super::{RuntimeError, Start, code, python_program};

const CLIENT: &str = "awslambdaric";
/// Prints the Python version if the client can be imported.
const PROBE: &str = "import sys, awslambdaric; print('python%d.%d' % sys.version_info[:2])";

pub(super) async fn start(
    function: &Function,
    runtime: &str,
    venv: Option<&Path>,
    notices: &mut Vec<String>,
) -> Result<Start, RuntimeError> {
    let code = code(function)?;
    let missing = |place: String| RuntimeError::NoClient {
        function: function.name.clone(),
        package: CLIENT,
        place,
        remedy: format!(
            "run pip install {CLIENT} in a virtual environment with the function's dependencies and give it with --venv \
             DIR"
        ),
    };
    let python = python_program(venv, "python3")
        .ok_or_else(|| missing("PATH, because python3 is not installed".to_owned()))?;
    let version = version(&python, &code, function)
        .await
        .ok_or_else(|| missing(format!("the packages of {}", python.display())))?;
    if version != runtime {
        notices.push(format!(
            "function {} has the runtime {runtime} but runs with {version} ({})",
            function.name,
            python.display()
        ));
    }
    let handler = function.handler.clone().unwrap_or_default();
    let command = vec![python.display().to_string(), "-m".to_owned(), CLIENT.to_owned(), handler];
    Ok(Start { command, directory: Some(code) })
}

/// Python's version as the name of a runtime. `None` if it cannot import the client from the virtual environment or
/// from the code's folder, into which `sam build` copies dependencies.
async fn version(python: &Path, code: &Path, function: &Function) -> Option<String> {
    let probe = Launch::new("Python", python, "install it")
        .arguments(["-c", PROBE])
        .directory(code)
        .clean_environment()
        .variables(basic_environment())
        .variables(&function.environment)
        .start()
        .ok()?;
    let status = probe.wait().await?;
    status.success().then(|| probe.last_lines().lines().last().unwrap_or_default().to_owned())
}
