//! W3C trace context in a record's `traceparent` header. `tracestate` is not passed on.

use std::fmt;

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use uuid::Uuid;

/// The `traceparent` of a record (<https://www.w3.org/TR/trace-context/>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: String,
    parent_id: String,
    flags: String,
}

impl TraceContext {
    /// Reads a `traceparent` header; `None` if it does not have the standard's form.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.trim().split('-');
        let (version, trace_id, parent_id, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
        // Version ff is forbidden; a later version may append fields, version 00 may not.
        let ends_well = version != "00" || parts.next().is_none();
        let valid = is_hex(version, 2)
            && version != "ff"
            && is_hex(trace_id, 32)
            && !is_zero(trace_id)
            && is_hex(parent_id, 16)
            && !is_zero(parent_id)
            && is_hex(flags, 2)
            && ends_well;
        valid.then(|| Self {
            trace_id: trace_id.to_owned(),
            parent_id: parent_id.to_owned(),
            flags: flags.to_owned(),
        })
    }

    /// Starts a new trace with the recorded flag set.
    #[must_use]
    pub fn start() -> Self {
        let trace_id = Uuid::new_v4().simple().to_string();
        Self { trace_id, parent_id: new_parent_id(), flags: "01".to_owned() }
    }

    /// The next step of the same trace.
    #[must_use]
    pub fn next_step(&self) -> Self {
        Self { parent_id: new_parent_id(), ..self.clone() }
    }

    /// The context of a span; `None` if OpenTelemetry does not record the span.
    #[must_use]
    pub fn of_span(context: &SpanContext) -> Option<Self> {
        context.is_valid().then(|| Self {
            trace_id: context.trace_id().to_string(),
            parent_id: context.span_id().to_string(),
            flags: format!("{:02x}", context.trace_flags().to_u8()),
        })
    }

    /// The context as an OpenTelemetry type.
    #[must_use]
    pub fn span_context(&self) -> SpanContext {
        SpanContext::new(
            TraceId::from_hex(&self.trace_id).unwrap_or(TraceId::INVALID),
            SpanId::from_hex(&self.parent_id).unwrap_or(SpanId::INVALID),
            TraceFlags::new(u8::from_str_radix(&self.flags, 16).unwrap_or_default()),
            true,
            TraceState::NONE,
        )
    }

    /// The id of everything that one request caused: 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        &self.trace_id
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "00-{}-{}-{}", self.trace_id, self.parent_id, self.flags)
    }
}

/// The half of a random UUID with the variant bits, so that it is never zero.
fn new_parent_id() -> String {
    format!("{:016x}", Uuid::new_v4().as_u64_pair().1)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn the_standards_example_is_read() {
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let trace = TraceContext::parse(header).unwrap();
        assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.to_string(), header);
    }

    #[test]
    fn a_step_keeps_the_trace_id_and_gets_a_new_span_id() {
        let cause = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00").unwrap();
        let step = cause.next_step();
        assert_ne!(step, cause);
        assert_eq!(step.trace_id(), cause.trace_id());
        assert!(step.to_string().ends_with("-00"), "{step}");
        assert_eq!(TraceContext::parse(&step.to_string()), Some(step));
    }

    #[test]
    fn open_telemetrys_context_has_the_same_ids() {
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = TraceContext::parse(header).unwrap().span_context();
        assert!(context.is_remote() && context.is_sampled());
        assert_eq!(TraceContext::of_span(&context).unwrap().to_string(), header);
        assert_eq!(TraceContext::of_span(&SpanContext::NONE), None);
    }

    #[test]
    fn each_start_begins_a_new_trace() {
        let (one, other) = (TraceContext::start(), TraceContext::start());
        assert_ne!(one.trace_id(), other.trace_id());
        assert_eq!(TraceContext::parse(&one.to_string()), Some(one));
    }

    #[rstest]
    #[case("")]
    #[case("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7")]
    #[case("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    #[case("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01")]
    #[case("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    #[case("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01")]
    #[case("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more")]
    fn other_forms_are_not(#[case] header: &str) {
        assert_eq!(TraceContext::parse(header), None);
    }
}
