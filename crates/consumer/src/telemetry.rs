//! Logs as JSON lines on standard output, where Lambda collects them, and spans for an OTLP receiver.

mod otlp;
mod spans;
mod steps;
mod terms;

use std::panic::PanicHookInfo;

use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt::MakeWriter, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

pub use spans::Spans;
pub use steps::{continue_trace, end_record, end_write, is_sampled};

/// Starts logging at the level in `RUST_LOG` (default `info`). With `spans`, spans are recorded too, at their level.
///
/// Of a panic only the location is logged, because its message may quote the event.
pub fn start(spans: Option<&Spans>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::registry().with(json(filter, std::io::stdout)).with(spans.map(Spans::layer)).init();
    std::panic::set_hook(Box::new(log_panic));
}

fn json<W>(filter: EnvFilter, writer: W) -> impl Layer<Registry>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_writer(writer)
        .with_filter(filter)
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(tracing::field::display);
    tracing::error!(error.r#type = "HandlerPanicked", place, "a handler panicked");
}

#[cfg(test)]
mod tests;
