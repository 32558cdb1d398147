//! Spans for OpenTelemetry: one for each record, which continues the trace of who published it, and below it one for
//! each call of AWS and each event published. What is logged about the record stands in them as events.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_config::SdkConfig;
use opentelemetry::{
    Context, KeyValue, Value,
    propagation::TextMapPropagator as _,
    trace::{SpanKind, Status, TracerProvider as _},
};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    propagation::TraceContextPropagator,
    trace::{SdkTracerProvider, Span as SdkSpan, SpanData, SpanExporter as _, SpanProcessor},
};
use tidings_events::TraceContext;
use tracing::{Level, Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use super::otlp;
use crate::{
    breaker::Breaker,
    invocation::Invocation,
    outcome::Outcome,
    settings::{SettingError, Settings},
    settle::End,
};

/// Sending may hold up an answer for so long.
const SEND_WITHIN: Duration = Duration::from_secs(2);
/// Spans that wait to be sent: what `CloudWatch` takes in one request, and a few megabytes of memory.
const MAX_WAITING: usize = 10_000;
/// Spans in one request: about half a megabyte.
const MAX_REQUEST: usize = 1_000;

/// The spans of a function, on their way to a receiver of OTLP.
pub struct Spans {
    ended: Ended,
    provider: SdkTracerProvider,
    exporter: SpanExporter,
    breaker: Breaker,
}

impl Spans {
    /// Spans for the receiver that the settings name; none without one.
    pub fn from_settings(
        function: &str,
        settings: &Settings,
        aws: &SdkConfig,
    ) -> Result<Option<Self>, SettingError> {
        let exporter = otlp::exporter(settings, aws)?;
        Ok(exporter.map(|exporter| Self::new(resource(function, settings), exporter)))
    }

    fn new(resource: Resource, mut exporter: SpanExporter) -> Self {
        exporter.set_resource(&resource);
        let ended = Ended::default();
        let provider =
            SdkTracerProvider::builder().with_span_processor(ended.clone()).with_resource(resource).build();
        Self { ended, provider, exporter, breaker: Breaker::default() }
    }

    /// What notes the spans.
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
            .with_filter(filter_fn(is_told))
    }

    /// Sends what ended, before the invocation's answer, because Lambda freezes the process after it. What the
    /// receiver does not take is given up: traces are no reason to hold up or repeat an event.
    pub async fn send(&self, invocation: &Invocation) {
        let Waiting { spans, surplus } = self.ended.take();
        let count = spans.len();
        if count > 0
            && let Err(error) = self.export(spans, invocation).await
        {
            tracing::warn!(spans.lost = count, %error, "spans could not be sent");
        }
        if surplus > 0 {
            tracing::warn!(spans.lost = surplus, "more spans than an invocation may send");
        }
    }

    async fn export(&self, mut spans: Vec<SpanData>, invocation: &Invocation) -> Result<(), SendError> {
        if !self.breaker.allows_attempt(invocation.now()) {
            return Err(SendError::Down);
        }
        let requests = async {
            while !spans.is_empty() {
                let rest = spans.split_off(spans.len().min(MAX_REQUEST));
                self.exporter.export(mem::replace(&mut spans, rest)).await?;
            }
            Ok(())
        };
        let time = invocation.until_answer().min(SEND_WITHIN);
        let sent = tokio::time::timeout(time, requests).await.unwrap_or(Err(SendError::Late(time)));
        match sent {
            Ok(()) => self.breaker.succeeded(),
            Err(_) => self.breaker.failed(invocation.now()),
        }
        sent
    }
}

/// Why spans were given up.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error(
        "the receiver took none for some time; check OTEL_EXPORTER_OTLP_TRACES_ENDPOINT and the way there"
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
    /// How many came when there was no more room.
    surplus: usize,
}

impl Ended {
    fn take(&self) -> Waiting {
        mem::take(&mut self.waiting())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Every write leaves it whole, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The SDK's own processors send from a thread, which Lambda freezes with the process, on a timer, which does not go on
/// meanwhile.
impl SpanProcessor for Ended {
    fn on_start(&self, _: &mut SdkSpan, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        let mut waiting = self.waiting();
        if waiting.spans.len() < MAX_WAITING {
            waiting.spans.push(in_their_terms(span));
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

/// What sends the spans, in OpenTelemetry's terms.
/// <https://opentelemetry.io/docs/specs/semconv/resource/faas/>
fn resource(function: &str, settings: &Settings) -> Resource {
    let known = [
        ("faas.version", "AWS_LAMBDA_FUNCTION_VERSION"),
        ("faas.instance", "AWS_LAMBDA_LOG_STREAM_NAME"),
        ("cloud.region", "AWS_REGION"),
    ];
    let known = known.into_iter().filter_map(|(name, variable)| {
        settings.get(variable).map(|value| KeyValue::new(name, value.to_owned()))
    });
    Resource::builder()
        .with_service_name(function.to_owned())
        .with_attributes([
            KeyValue::new("faas.name", function.to_owned()),
            KeyValue::new("cloud.provider", "aws"),
            KeyValue::new("cloud.platform", "aws_lambda"),
        ])
        .with_attributes(known)
        .build()
}

/// Whether a span or an event is told to a receiver: what is logged by default, and the calls of AWS. The runtime's span of an
/// invocation ends after the spans are sent.
fn is_told(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let is_call = metadata.is_span() && target.starts_with("aws_sdk_");
    is_call || (*metadata.level() <= Level::INFO && !target.starts_with("lambda_runtime"))
}

/// A span in OpenTelemetry's terms, where the logs have shorter ones.
/// <https://opentelemetry.io/docs/specs/semconv/messaging/kafka/>
fn in_their_terms(mut span: SpanData) -> SpanData {
    if value_of(&span, "rpc.system").is_some() {
        span.span_kind = SpanKind::Client;
    }
    let (operation, kind) = match span.name.as_ref() {
        "record" | "write" => ("process", SpanKind::Consumer),
        "publish" => ("send", SpanKind::Producer),
        _ => return span,
    };
    if let Some(topic) = value_of(&span, "topic") {
        span.name = format!("{operation} {topic}").into();
    }
    span.span_kind = kind;
    span.attributes.retain(|attribute| attribute.key.as_str() != "trace_id");
    for attribute in &mut span.attributes {
        let name = match attribute.key.as_str() {
            "request_id" => "faas.invocation_id",
            "event_id" => "messaging.message.id",
            "topic" => "messaging.destination.name",
            "partition" => "messaging.destination.partition.id",
            "offset" => "messaging.kafka.offset",
            "records" => "messaging.batch.message_count",
            _ => continue,
        };
        if name == "messaging.destination.partition.id" {
            attribute.value = attribute.value.to_string().into();
        }
        attribute.key = name.into();
    }
    span.attributes.extend([
        KeyValue::new("messaging.system", "kafka"),
        KeyValue::new("messaging.operation.name", operation),
        KeyValue::new("messaging.operation.type", operation),
    ]);
    span
}

fn value_of(span: &SpanData, key: &str) -> Option<Value> {
    span.attributes
        .iter()
        .find(|attribute| attribute.key.as_str() == key)
        .map(|attribute| attribute.value.clone())
}

/// Has a span continue the trace of who published the record.
pub fn continue_trace(span: &Span, trace: &TraceContext) {
    let carrier = HashMap::from([("traceparent".to_owned(), trace.to_string())]);
    // Refused only where the span has begun already or nobody notes spans.
    let _ = span.set_parent(TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier));
}

/// Notes on a record's span how it ended; the log has a line for it.
pub fn note_end(span: &Span, end: End) {
    span.set_attribute("outcome", end.outcome.name());
    span.set_attribute("attempts", i64::from(end.attempts));
    match end.outcome {
        Outcome::Done | Outcome::Duplicate => {}
        Outcome::DeadLettered => span.set_status(Status::error("dead letter")),
        Outcome::Returned(reason) => span.set_status(Status::error(reason.to_string())),
    }
}

#[cfg(test)]
mod tests;
