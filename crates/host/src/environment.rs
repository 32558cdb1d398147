//! The environment variables of an instance, as [Lambda defines] them.
//!
//! [Lambda defines]: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;

use jiff::Timestamp;
use tidings_process::basic_environment;
use tidings_trigger::arn::REGION;
use uuid::Uuid;

use super::spec::FunctionSpec;

/// The whole environment of `instance`. It inherits only what every program needs ([`basic_environment`]).
pub(super) fn of_instance(
    spec: &FunctionSpec,
    instance: &str,
    task_root: &Path,
    runtime_api: SocketAddr,
) -> Vec<(String, OsString)> {
    let lambda = [
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", spec.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", spec.memory_mb.to_string()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", spec.name)),
        ("AWS_LAMBDA_LOG_STREAM_NAME", log_stream()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        // The access key id is part of a request's signature, so the recorder can tell instances apart by it.
        ("AWS_ACCESS_KEY_ID", instance.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("LAMBDA_TASK_ROOT", task_root.to_string_lossy().into_owned()),
        ("_HANDLER", handler(spec)),
        ("TZ", ":UTC".to_owned()),
    ];
    let basic = basic_environment().into_iter().map(|(name, value)| (name.to_owned(), value));
    let lambda = lambda.into_iter().map(|(name, value)| (name.to_owned(), value.into()));
    let own = spec.environment.iter().map(|(name, value)| (name.clone(), value.into()));
    basic.chain(lambda).chain(own).collect()
}

fn log_stream() -> String {
    format!("{}/[$LATEST]{}", Timestamp::now().strftime("%Y/%m/%d"), Uuid::new_v4().simple())
}

/// The last word of the command: the program's name for an executable, the handler for an interpreter.
fn handler(spec: &FunctionSpec) -> String {
    let last = spec.command.last().map(Path::new).and_then(Path::file_name);
    last.unwrap_or_default().to_string_lossy().into_owned()
}
