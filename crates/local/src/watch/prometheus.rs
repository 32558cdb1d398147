//! The metrics at `GET /metrics` in Prometheus's text format 0.0.4
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
//!
//! Names and dimensions are exactly AWS's, except that the mapping's id replaces the UUID and `Topic` is added
//! (chosen). `CloudWatch` counts by minute, Prometheus from the start. AWS emits only `OffsetLag` by default and
//! other groups if `MetricsConfig` has them; here all are emitted for every running mapping (chosen).
//! `SchemaRegistryErrorCount`, `EventPollerUnit` and `EventPollerThroughputInBytes` have no counterpart here.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::mappings::{Mappings, Watched};
use super::metrics::Totals;

/// One of AWS's metrics.
struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    value: Value,
}

/// `None` if a mapping does not have it (yet).
type Value = fn(&Totals) -> Option<u64>;

const fn counter(name: &'static str, help: &'static str, value: Value) -> Metric {
    Metric { name, kind: "counter", help, value }
}

const fn gauge(name: &'static str, help: &'static str, value: Value) -> Metric {
    Metric { name, kind: "gauge", help, value }
}

const METRICS: [Metric; 15] = [
    counter("PolledEventCount", "Records read from the topic.", |of| Some(of.counts.polled)),
    counter("FilteredOutEventCount", "Records that no filter accepted.", |of| Some(of.counts.filtered_out)),
    counter("InvokedEventCount", "Records sent to the function, including retries.", |of| {
        Some(of.counts.invoked)
    }),
    counter("FailedInvokeEventCount", "Records of failed invocations, including retries.", |of| {
        Some(of.counts.failed_invoke)
    }),
    counter("DroppedEventCount", "Records discarded without a failure destination.", |of| {
        Some(of.counts.dropped)
    }),
    counter("OnFailureDestinationDeliveredEventCount", "Records sent to the failure destination.", |of| {
        Some(of.counts.delivered)
    }),
    counter("CommittedEventCount", "Increase of the committed offsets.", |of| Some(of.counts.committed)),
    counter("PollingErrorCount", "Failed reads from the cluster.", |of| Some(of.counts.polling_errors)),
    counter("InvokeErrorCount", "Failed invocations.", |of| Some(of.counts.invoke_errors)),
    counter(
        "OnFailureDestinationDeliveryErrorCount",
        "Batches that could not be sent to the failure destination.",
        |of| Some(of.counts.delivery_errors),
    ),
    counter("CommitErrorCount", "Failed commits.", |of| Some(of.counts.commit_errors)),
    gauge("OffsetLag", "Lag of the consumer group, in offsets.", |of| of.lag.map(|lag| lag.sum)),
    gauge("MaxOffsetLag", "Lag of the partition that is furthest behind, in offsets.", |of| {
        of.lag.map(|lag| lag.max)
    }),
    gauge("SumOffsetLag", "Lag of all partitions together, in offsets.", |of| of.lag.map(|lag| lag.sum)),
    gauge("ProvisionedPollers", "Running event pollers of a provisioned mapping.", |of| {
        of.provisioned_pollers.map(u64::from)
    }),
];

/// Renders all metrics of all mappings.
pub(super) fn render(mappings: &[Arc<Watched>]) -> String {
    let all: Vec<(String, Totals)> =
        mappings.iter().map(|watched| (labels(watched), watched.totals())).collect();
    let mut text = String::new();
    for Metric { name, kind, help, value } in &METRICS {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, totals) in &all {
            if let Some(value) = value(totals) {
                let _ = writeln!(text, "{name}{{{labels}}} {value}");
            }
        }
    }
    text
}

fn labels(watched: &Watched) -> String {
    let [mapping, function, topic] =
        [&watched.id, &watched.function, &watched.topic].map(|text| escape(text));
    format!("EventSourceMappingUUID=\"{mapping}\",FunctionName=\"{function}\",Topic=\"{topic}\"")
}

/// Escapes a label's value.
pub(super) fn escape(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n")
}

/// Serves until the sender of `stopping` is dropped.
pub(super) async fn serve(listener: TcpListener, mappings: Arc<Mappings>, mut stopping: watch::Receiver<()>) {
    let metrics = async move || {
        let content_type = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
        (content_type, render(&mappings.all()))
    };
    let router = Router::new().route("/metrics", get(metrics));
    let stopped = async move { while stopping.changed().await.is_ok() {} };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "the metrics endpoint failed");
    }
}
