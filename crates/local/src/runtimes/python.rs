//! `python3*`, by AWS's [runtime interface client].
//!
//! [runtime interface client]: https://github.com/aws/aws-lambda-python-runtime-interface-client

use std::path::Path;

use tidings_process::{Launch, basic_environment};
use tidings_template::Function;

use super::{RuntimeError, Start, code, python_program};

const CLIENT: &str = "awslambdaric";
/// Prints the version where the client can be imported.
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
            "run pip install {CLIENT} in a virtual environment that has what the function imports, and name it with \
             --venv DIR"
        ),
    };
    let python = python_program(venv, "python3").ok_or_else(|| missing("a missing python3".to_owned()))?;
    let version =
        version(&python, &code, function).await.ok_or_else(|| missing(python.display().to_string()))?;
    if version != runtime {
        notices.push(format!(
            "function {} is made for {runtime}, and runs on {version} ({})",
            function.name,
            python.display()
        ));
    }
    let handler = function.handler.clone().unwrap_or_default();
    let command = vec![python.display().to_string(), "-m".to_owned(), CLIENT.to_owned(), handler];
    Ok(Start { command, directory: Some(code) })
}

/// The version as a runtime's name; `None` where Python cannot import the client from where the function finds it: in
/// its virtual environment, or beside its code, where `sam build` puts all that it requires.
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
