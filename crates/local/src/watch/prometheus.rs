//! The metrics as Prometheus reads them, text format 0.0.4
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>), at `GET /metrics`.
//!
//! Names and dimensions are AWS's, letter by letter; the mapping's id takes its UUID's place, and `Topic` is added
//! (chosen). `CloudWatch` counts by minute, Prometheus from the start. On AWS, only `OffsetLag` comes unasked and the
//! other groups where `MetricsConfig` names them; here all are there for every running mapping (chosen).
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

/// `None` where a mapping does not have it (yet).
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
    counter("InvokedEventCount", "Records that the function was invoked with, retries included.", |of| {
        Some(of.counts.invoked)
    }),
    counter("FailedInvokeEventCount", "Records of failed invocations, retries included.", |of| {
        Some(of.counts.failed_invoke)
    }),
    counter("DroppedEventCount", "Records given up without a failure destination.", |of| {
        Some(of.counts.dropped)
    }),
    counter(
        "OnFailureDestinationDeliveredEventCount",
        "Records given up to the failure destination.",
        |of| Some(of.counts.delivered),
    ),
    counter("CommittedEventCount", "What the committed offsets rose by.", |of| Some(of.counts.committed)),
    counter("PollingErrorCount", "Failures to read from the cluster.", |of| Some(of.counts.polling_errors)),
    counter("InvokeErrorCount", "Failed invocations.", |of| Some(of.counts.invoke_errors)),
    counter(
        "OnFailureDestinationDeliveryErrorCount",
        "Batches that the failure destination did not take.",
        |of| Some(of.counts.delivery_errors),
    ),
    counter("CommitErrorCount", "Commits that failed.", |of| Some(of.counts.commit_errors)),
    gauge("OffsetLag", "Offsets that the group is behind.", |of| of.lag.map(|lag| lag.sum)),
    gauge("MaxOffsetLag", "Offsets that the group is behind in its worst partition.", |of| {
        of.lag.map(|lag| lag.max)
    }),
    gauge("SumOffsetLag", "Offsets that the group is behind in all partitions.", |of| {
        of.lag.map(|lag| lag.sum)
    }),
    gauge("ProvisionedPollers", "Event pollers that run, of a provisioned mapping.", |of| {
        of.provisioned_pollers.map(u64::from)
    }),
];

/// All metrics of all mappings.
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

/// A label's value as it stands between quotes.
pub(super) fn escape(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n")
}

/// Serves until the other end of `stopping` is gone.
pub(super) async fn serve(listener: TcpListener, mappings: Arc<Mappings>, mut stopping: watch::Receiver<()>) {
    let metrics = async move || {
        let content_type = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
        (content_type, render(&mappings.all()))
    };
    let router = Router::new().route("/metrics", get(metrics));
    let stopped = async move { while stopping.changed().await.is_ok() {} };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "the metrics endpoint ended");
    }
}
