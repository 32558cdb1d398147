//! Sets a record's parent span and its outcome. Does nothing without a receiver of spans.

use opentelemetry::{
    Context,
    trace::{Status, TraceContextExt as _},
};
use tidings_events::TraceContext;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::{
    attempt::{Attempted, Verdict},
    outcome::Outcome,
    settle::End,
};

/// Makes a span continue the trace of the record's publisher.
pub fn continue_trace(span: &Span, trace: &TraceContext) {
    // Fails only if spans are not recorded.
    let _ = span.set_parent(Context::new().with_remote_span_context(trace.span_context()));
}

/// Whether a span will be sent.
pub fn is_sampled(span: &Span) -> bool {
    span.context().span().span_context().is_sampled()
}

/// Ends a record's span, because an abandoned handler may keep it open until after the answer.
pub fn end_record(span: &Span, end: End) {
    span.set_attribute("tidings.outcome", end.outcome.name());
    span.set_attribute("tidings.attempts", i64::from(end.attempts));
    match end.outcome {
        Outcome::Done | Outcome::Duplicate => {}
        Outcome::DeadLettered => span.set_status(Status::error("dead letter")),
        Outcome::Returned(reason) => fail(span, reason.to_string()),
    }
    span.context().span().end();
}

/// Ends the span of a write for several records.
pub fn end_write(span: &Span, attempted: &Attempted) {
    span.set_attribute("tidings.attempts", i64::from(attempted.attempts.count));
    match &attempted.verdict {
        Verdict::Succeeded => {}
        Verdict::Failed(failure) => fail(span, failure.error_type.clone()),
        Verdict::Return(reason) => fail(span, reason.to_string()),
    }
    span.context().span().end();
}

fn fail(span: &Span, error_type: String) {
    span.set_attribute("error.type", error_type.clone());
    span.set_status(Status::error(error_type));
}
