//! Watches the bench's mappings.

use std::io::{PipeReader, Read as _};
use std::sync::Arc;

use serde_json::Value;
use tidings_local::watch::{Output, Watch};
use tidings_mapping::{EventSourceMapping, MappingEvent};
use tidings_trigger::Mapping;

use super::Bench;

pub struct Watcher {
    watch: Watch,
    /// The watch's output, which is far smaller than a pipe's buffer.
    printed: PipeReader,
}

impl Watcher {
    pub async fn new() -> Self {
        let (printed, output) = std::io::pipe().unwrap();
        let watch = Watch::start(0, Output::Plain(Box::new(output))).await.unwrap();
        Self { watch, printed }
    }

    /// The names and values of a mapping's metrics on the endpoint, in the endpoint's order.
    pub async fn metrics(&self, mapping: &str) -> Vec<(String, u64)> {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let page = client.get(self.watch.metrics_url()).send().await.unwrap().text().await.unwrap();
        let label = format!("{{EventSourceMappingUUID=\"{mapping}\",FunctionName=\"notify\",Topic=\"");
        let metric = |line: &str| {
            let (name, rest) = line.split_once(&label)?;
            Some((name.to_owned(), rest.rsplit_once("\"} ")?.1.parse().unwrap()))
        };
        page.lines().filter_map(metric).collect()
    }

    /// Stops the watch and returns the lines of the mappings' logs.
    pub async fn log(mut self) -> Vec<String> {
        self.watch.stop().await;
        let mut printed = String::new();
        self.printed.read_to_string(&mut printed).unwrap();
        // The other lines belong to the view.
        printed.lines().filter(|line| line.starts_with('{')).map(str::to_owned).collect()
    }

    /// Stops the watch and returns the warnings in the mappings' logs: the first offset of each, its code, and the
    /// invocation's request id if there is one.
    pub async fn warnings(self) -> Vec<(i64, String, Option<String>)> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let warning = |line: String| {
            let line: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(
                (&line["eventType"], &line["logLevel"]),
                (&"ESM_PROCESSING_EVENT".into(), &"WARN".into())
            );
            let ranges = line["kafkaBatchInfo"]["recordsInfo"].as_object().unwrap();
            let offset = ranges.values().next().unwrap()["firstRecordOffset"].as_i64().unwrap();
            (offset, text(&line["error"]["errorCode"]).unwrap(), text(&line["error"]["requestId"]))
        };
        self.log().await.into_iter().map(warning).collect()
    }
}

impl Bench {
    /// Starts a mapping that is also watched, with these endpoints for the Invoke API and AWS.
    pub fn start_watched(
        &self,
        spec: &Mapping,
        watcher: &Watcher,
        invoke_endpoint: &str,
        aws_endpoint: &str,
    ) -> EventSourceMapping {
        let spec = self.own(spec);
        let (show, note) = (watcher.watch.observer(&spec), self.observer());
        // The bench gets each event after the watch.
        let both = Arc::new(move |event: &MappingEvent| {
            show(event);
            note(event);
        });
        self.start_observed(&spec, invoke_endpoint, aws_endpoint, both)
    }

    /// Waits until the running mapping has reported that this offset of partition 0 is committed, and then that the
    /// group has no lag.
    pub async fn caught_up(&mut self, end: i64) {
        self.event(|event| *event == MappingEvent::Committed { partition: 0, offset: end }).await;
        self.event(|event| matches!(event, MappingEvent::Lag(lags) if !lags.is_empty() && lags.iter().all(|of| of.lag == 0)))
            .await;
    }
}
