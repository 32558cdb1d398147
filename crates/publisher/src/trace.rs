//! W3C trace context (<https://www.w3.org/TR/trace-context/>) for what is published.

use uuid::Uuid;

/// A `traceparent` for a new step: in the trace of `cause`, where that is one of version 00, or in a new one.
pub fn next_step(cause: Option<&str>) -> String {
    let (trace_id, flags) =
        cause.and_then(read).map_or_else(|| (new_trace_id(), "01".to_owned()), |(id, flags)| (id, flags));
    format!("00-{trace_id}-{}-{flags}", new_span_id())
}

/// The trace id and the flags.
fn read(traceparent: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = traceparent.split('-').collect();
    let ["00", trace_id, span_id, flags] = parts[..] else { return None };
    let is_hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_id = |text: &str, length| is_hex(text, length) && text.bytes().any(|byte| byte != b'0');
    (is_id(trace_id, 32) && is_id(span_id, 16) && is_hex(flags, 2))
        .then(|| (trace_id.to_owned(), flags.to_owned()))
}

fn new_trace_id() -> String {
    Uuid::new_v4().simple().to_string()
}

/// The half of a random UUID that holds its variant bits, which keep it from being all zero.
fn new_span_id() -> String {
    format!("{:016x}", Uuid::new_v4().as_u64_pair().1)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_step_with_a_cause_stays_in_its_trace_under_an_id_of_its_own() {
        let cause = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
        let step = next_step(Some(cause));
        assert!(step.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"), "{step}");
        assert!(step.ends_with("-00"), "{step}");
        assert_ne!(step, cause);
        assert!(read(&step).is_some());
    }

    #[rstest]
    #[case(None)]
    #[case(Some(""))]
    #[case(Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"))]
    #[case(Some("00-00000000000000000000000000000000-00f067aa0ba902b7-01"))]
    #[case(Some("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"))]
    #[case(Some("00-4bf92f3577b34da6a3ce929d0e0e473\r-00f067aa0ba902b7-01"))]
    fn without_a_readable_cause_each_step_starts_a_trace(#[case] cause: Option<&str>) {
        let (one, other) = (next_step(cause), next_step(cause));
        assert!(read(&one).is_some(), "{one}");
        assert_ne!(one[..35], other[..35]);
    }
}
