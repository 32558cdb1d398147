//! The command line of the local stack.

mod cli;

use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let arguments = cli::Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(cli::log_writer).init();
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    let code = runtime.block_on(async {
        cli::run(arguments, stop_signal()).await.unwrap_or_else(|error| {
            cli::tell(&format!("tidings-local: {error}"));
            ExitCode::from(2)
        })
    });
    // A commit to a broker that is gone would be waited for without end.
    runtime.shutdown_background();
    code
}

/// Ends at Ctrl-C or SIGTERM, which from the call on end nothing by themselves.
fn stop_signal() -> impl Future<Output = ()> {
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
