//! How a command runs and ends.

use std::{fmt::Display, process::ExitCode};

use tidings_process::StartError;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use super::print::print_err;

/// The exit status after Ctrl-C, as a shell has it.
pub const INTERRUPTED: u8 = 130;

/// Why a command ended without doing what it should; printed as one sentence.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Something did not start, or the input is wrong.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A mapping ended although nobody stopped it.
    #[error(
        "the mapping {0} ended by a fault of its own, which is told above; start again, and please report it"
    )]
    MappingEnded(String),
    /// The broker did not take a record.
    #[error("Kafka did not take the record: {0}; check the address and the topic")]
    Kafka(#[from] rdkafka::error::KafkaError),
}

/// Carries out a command to its end; an error is printed after the program's name, with exit status 2. Log lines, as
/// `RUST_LOG` chooses them, go to `log_writer`.
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
            print_err(&format!("{program}: threads cannot be started: {error}; end other programs"));
            return ExitCode::from(2);
        }
    };
    let code = runtime.block_on(command).unwrap_or_else(|error| {
        print_err(&format!("{program}: {error}"));
        ExitCode::from(2)
    });
    // A commit to a broker that is gone would be waited for without end.
    runtime.shutdown_background();
    code
}

/// Ends at Ctrl-C or SIGTERM, which from the call on end nothing by themselves. Must be called within a tokio runtime.
///
/// # Panics
/// Where the operating system does not let these signals be handled.
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

/// Carries out as much of `work` as there is time for before `stop`. What runs then is dropped, and dropping it kills
/// it.
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
