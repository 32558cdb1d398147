//! OpenTelemetry spans: one for each record, which continues its publisher's trace, with a child for each AWS call
//! and each published event. Log lines about the record become events of its span. They include the reason for a failed
//! call, which the SDK's spans lack. In a batch function the calls are children of the write's span, which is linked to
//! all of its records.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_config::SdkConfig;
use opentelemetry::{Context, trace::TracerProvider as _};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    trace::{SdkTracerProvider, Span as SdkSpan, SpanData, SpanExporter as _, SpanProcessor},
};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use super::{otlp, terms};
use crate::{
    breaker::Breaker,
    invocation::Invocation,
    settings::{SettingError, Settings},
};

/// The longest delay of an answer by sending spans.
const SEND_WITHIN: Duration = Duration::from_secs(2);
/// Sending does not start with less time than this, because building a request takes time too.
const LEAST_TIME: Duration = Duration::from_millis(100);
/// The most spans that can wait to be sent. They use up to 35 MB.
const MAX_WAITING: usize = 10_000;
/// The most spans in one request: half a megabyte, or up to 1.5 MB with many failures. `CloudWatch` accepts 5 MB.
const MAX_REQUEST: usize = 1_000;
/// The most links of one span; further records are not linked.
const MAX_LINKS: u32 = 1_000;

/// Collects a function's spans and sends them to an OTLP receiver.
pub struct Spans {
    ended: Ended,
    provider: SdkTracerProvider,
    exporter: SpanExporter,
    breaker: Breaker,
}

impl Spans {
    /// Sends to the receiver that the settings name; `None` if they name none.
    pub fn from_settings(
        function: &str,
        settings: &Settings,
        aws: &SdkConfig,
    ) -> Result<Option<Self>, SettingError> {
        let exporter = otlp::exporter(settings, aws)?;
        Ok(exporter.map(|exporter| Self::new(&terms::resource(function, settings), exporter)))
    }

    fn new(resource: &Resource, mut exporter: SpanExporter) -> Self {
        exporter.set_resource(resource);
        let ended = Ended::default();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(ended.clone())
            .with_max_links_per_span(MAX_LINKS)
            .build();
        Self { ended, provider, exporter, breaker: Breaker::default() }
    }

    /// The tracing layer that records the spans.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("tidings"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(is_sent))
    }

    /// Sends the ended spans before the invocation's answer, because Lambda freezes the process after the answer. Spans
    /// that the receiver does not accept are dropped, because traces must not delay or repeat an event.
    pub async fn send(&self, invocation: &Invocation) {
        let Waiting { spans, surplus } = self.ended.take();
        let mut unsent = spans.len();
        if let Err(error) = self.export(spans, &mut unsent, invocation).await {
            tracing::warn!(spans.lost = unsent, %error, "spans could not be sent");
        }
        if surplus > 0 {
            tracing::warn!(spans.lost = surplus, "more spans than an invocation may send");
        }
    }

    async fn export(
        &self,
        mut spans: Vec<SpanData>,
        unsent: &mut usize,
        invocation: &Invocation,
    ) -> Result<(), SendError> {
        if spans.is_empty() {
            return Ok(());
        }
        let time = time_to_send(invocation).ok_or(SendError::NoTime)?;
        if !self.breaker.allows_attempt(invocation.now()) {
            return Err(SendError::Down);
        }
        let requests = async {
            while !spans.is_empty() {
                let request = spans.drain(..spans.len().min(MAX_REQUEST)).collect();
                self.exporter.export(request).await?;
                *unsent = spans.len();
            }
            Ok(())
        };
        let sent = tokio::time::timeout(time, requests).await.unwrap_or(Err(SendError::Late(time)));
        match sent {
            Ok(()) => self.breaker.succeeded(),
            Err(_) => self.breaker.failed(invocation.now()),
        }
        sent
    }
}

/// How long sending may take, if there is time for it.
fn time_to_send(invocation: &Invocation) -> Option<Duration> {
    let time = invocation.until_answer().min(SEND_WITHIN);
    (time >= LEAST_TIME).then_some(time)
}

/// Why spans were dropped.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("there was no time left before the answer")]
    NoTime,
    #[error(
        "the receiver has accepted no spans for some time; check OTEL_EXPORTER_OTLP_TRACES_ENDPOINT and the network path to it"
    )]
    Down,
    #[error("the receiver did not answer within {0:?}")]
    Late(Duration),
    #[error(transparent)]
    Refused(#[from] OTelSdkError),
}

/// Spans that ended and wait to be sent.
#[derive(Debug, Clone, Default)]
struct Ended(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    spans: Vec<SpanData>,
    /// How many spans were dropped because the list was full.
    surplus: usize,
}

impl Ended {
    fn take(&self) -> Waiting {
        mem::take(&mut self.waiting())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Every write leaves the list consistent, so a poisoned lock is harmless.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Used instead of the SDK's processors, which send from a thread on a timer: Lambda freezes the process with both.
impl SpanProcessor for Ended {
    fn on_start(&self, _: &mut SdkSpan, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        // Done before locking, because the spans of other tasks wait for the lock.
        let span = terms::translated(span);
        let mut waiting = self.waiting();
        if waiting.spans.len() < MAX_WAITING {
            waiting.spans.push(span);
        } else {
            waiting.surplus += 1;
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Whether a span or event is sent: AWS calls, and everything that is logged by default, regardless of `RUST_LOG`. The
/// runtime's span is left out, because it ends only after the spans are sent.
fn is_sent(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let is_call = metadata.is_span() && target.starts_with("aws_sdk_");
    is_call || (*metadata.level() <= Level::INFO && !target.starts_with("lambda_runtime"))
}

#[cfg(test)]
mod tests;
