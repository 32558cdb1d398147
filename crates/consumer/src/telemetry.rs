//! Logs as JSON lines on standard output, where Lambda picks them up.

use std::panic::PanicHookInfo;

use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, util::SubscriberInitExt as _};

/// Starts logging. `RUST_LOG` sets the level, `info` unless set.
///
/// A panic is logged by its place only: its message may quote the event.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    json(filter, std::io::stdout).init();
    std::panic::set_hook(Box::new(log_panic));
}

fn json<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(writer)
        .finish()
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(tracing::field::display);
    tracing::error!(error.r#type = "HandlerPanicked", place, "a panic");
}

#[cfg(test)]
mod tests;
