//! Running a command and its exit status.

use std::{fmt::Display, process::ExitCode};

use tidings_process::StartError;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use super::print::print_err;

/// The exit status after Ctrl-C, as in a shell.
pub const INTERRUPTED: u8 = 130;

/// Why a command failed. The message is printed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Something did not start, or the input is wrong.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A mapping panicked.
    #[error("the mapping {0} crashed because of a bug (see above); report it, and run the command again")]
    MappingEnded(String),
    /// Publishing a record failed.
    #[error("the record could not be published: {0}; check the address and the topic")]
    Kafka(#[from] rdkafka::error::KafkaError),
}

/// Runs a command. If it fails, prints the program's name and the error, and returns exit status 2. Log lines,
/// filtered by `RUST_LOG`, go to `log_writer`.
pub fn execute<E: Display>(
    program: &str,
    log_writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
    command: impl Future<Output = Result<ExitCode, E>>,
) -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(log_writer).init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            print_err(&format!(
                "{program}: the runtime's threads could not be started: {error}; close other programs"
            ));
            return ExitCode::from(2);
        }
    };
    let code = runtime.block_on(command).unwrap_or_else(|error| {
        print_err(&format!("{program}: {error}"));
        ExitCode::from(2)
    });
    // Do not wait: a commit to a stopped broker would block forever.
    runtime.shutdown_background();
    code
}

/// Completes at Ctrl-C or SIGTERM. From the call on, these signals no longer end the process themselves. Must be
/// called within a tokio runtime.
///
/// # Panics
/// If the signal handlers cannot be installed.
pub fn stop_signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let [mut interrupt, mut terminate] = [SignalKind::interrupt(), SignalKind::terminate()]
        .map(|kind| signal(kind).expect("SIGINT and SIGTERM can be handled"));
    async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

/// Runs `work` until it ends or until `stop`, which drops it and thereby kills its processes.
pub async fn or_stopped<E>(
    work: impl Future<Output = Result<ExitCode, E>>,
    stop: impl Future<Output = ()>,
) -> Result<ExitCode, E> {
    tokio::select! {
        outcome = work => outcome,
        () = stop => {
            print_err("stopping");
            Ok(INTERRUPTED.into())
        }
    }
}
