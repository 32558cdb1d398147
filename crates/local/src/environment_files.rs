//! The functions' environments as files, for functions that something else than our own host runs: a shell, or
//! `cargo lambda watch --env-file`.

use std::path::Path;

use tidings_process::StartError;
use tidings_template::Function;
use tidings_trigger::arn::REGION;

use crate::stack::Stack;

/// Writes `{binary}.env` for every function of the stack into `folder`: lines that a POSIX shell can source and
/// cargo-lambda can read.
pub fn write(stack: &Stack, folder: &Path) -> Result<(), StartError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| StartError::File { path, source }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    for function in &stack.template.functions {
        let path = folder.join(format!("{}.env", function.binary));
        std::fs::write(&path, lines(stack, function)).map_err(failed(&path))?;
    }
    Ok(())
}

fn lines(stack: &Stack, function: &Function) -> String {
    let lambda = [
        ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string()),
        ("AWS_REGION", REGION.to_owned()),
        // The recorder knows a function by its access key.
        ("AWS_ACCESS_KEY_ID", format!("{}.0", function.name)),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
    ];
    let lambda = lambda.iter().map(|(name, value)| line(name, value));
    let own = stack.environment.iter().chain(&function.environment).map(|(name, value)| line(name, value));
    lambda.chain(own).collect()
}

/// Quoted, because names of banks have spaces.
fn line(name: &str, value: &str) -> String {
    format!("{name}='{}'\n", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn values_survive_a_shell() {
        assert_eq!(line("BANK_NAME", "Asha's Bank $1"), "BANK_NAME='Asha'\\''s Bank $1'\n");
    }
}
