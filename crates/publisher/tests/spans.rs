//! The trace of a published event.
//!
//! This is a separate test binary, because `tracing` caches for each span whether a subscriber is interested. Another
//! test that publishes at the same time without a subscriber would disable the span.

#![allow(clippy::unwrap_used, reason = "a test's helpers may panic as the test itself does")]

mod support;

use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tidings_events::TraceContext;
use tracing::{Instrument as _, Span, subscriber::set_default};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::{TRACE, cluster, event, header, publisher, read};

/// Publishes within the span `caller` while OpenTelemetry records spans, and returns the record's `traceparent`.
async fn traceparent(caller: &Span, cause: Option<&TraceContext>) -> String {
    let cluster = cluster();
    let publisher = publisher(cluster.bootstrap_servers());
    let delivery = publisher.publish(&event(), cause).instrument(caller.clone()).await.unwrap();
    header(&read(&cluster, delivery), "traceparent")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_event_continues_its_publishers_span() {
    let spans = SdkTracerProvider::builder().build();
    let layer = tracing_opentelemetry::layer().with_tracer(spans.tracer("test"));
    let _noting = set_default(tracing_subscriber::registry().with(layer));
    let request = tracing::info_span!("request");
    let context = request.context().span().span_context().clone();
    let within = traceparent(&request, None).await;
    assert_eq!(within[3..35], context.trace_id().to_string());
    assert_ne!(within[36..52], context.span_id().to_string(), "a new span within the request's span");
    assert!(within.ends_with("-01"), "{within}");

    let caused = traceparent(&Span::none(), TraceContext::parse(TRACE).as_ref()).await;
    assert_eq!(caused[..36], TRACE[..36]);
    assert_ne!(caused, TRACE);
}
