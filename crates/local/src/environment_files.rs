//! The functions' environment variables as files, for functions that run outside of our host, e.g. in a shell or with
//! `cargo lambda watch --env-file`.

use std::path::Path;

use tidings_process::StartError;
use tidings_template::Function;
use tidings_trigger::arn::REGION;

use crate::stack::Stack;

/// Writes `{binary}.env` for every function of the stack into `folder`, in a format for both POSIX shells and
/// cargo-lambda.
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
        // The recorder identifies a function by its access key id.
        ("AWS_ACCESS_KEY_ID", format!("{}.0", function.name)),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
    ];
    let lambda = lambda.iter().map(|(name, value)| line(name, value));
    let own = stack.environment.iter().chain(&function.environment).map(|(name, value)| line(name, value));
    lambda.chain(own).collect()
}

/// The value is quoted, because it may contain spaces.
fn line(name: &str, value: &str) -> String {
    format!("{name}='{}'\n", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn values_are_quoted_for_a_shell() {
        assert_eq!(line("BANK_NAME", "Asha's Bank $1"), "BANK_NAME='Asha'\\''s Bank $1'\n");
    }
}
