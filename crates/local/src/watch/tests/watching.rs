//! The whole watch, with a buffer instead of a terminal.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tidings_mapping::MappingEvent;

use super::super::{Output, Watch, logged};
use super::{invoked, mapping, polled, records, succeeded};

/// The printed lines.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn lines(&self) -> Vec<String> {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap().lines().map(str::to_owned).collect()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn watch() -> (Watch, Paper) {
    let paper = Paper::default();
    let watch = Watch::start(0, Output::Plain(Box::new(paper.clone()))).await.unwrap();
    (watch, paper)
}

#[tokio::test]
async fn the_endpoint_serves_the_observed_metrics() {
    let (watch, _) = watch().await;
    let observer = watch.observer(&mapping("billing", "orders"));
    for event in polled(records(0, 0..7)) {
        observer(&event);
    }
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = client.get(watch.metrics_url()).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = response.text().await.unwrap();
    let line = "PolledEventCount{EventSourceMappingUUID=\"billing-orders\",FunctionName=\"billing\",Topic=\"orders\"} 7\n";
    assert!(text.contains(line), "{text}");
    watch.stop().await;
    client.get(watch.metrics_url()).send().await.unwrap_err();
}

#[tokio::test]
async fn lines_are_printed_whole_in_order_and_before_the_watch_has_stopped() {
    let (watch, paper) = watch().await;
    let mut screen = watch.screen();
    screen.print("started");
    writeln!(screen, "a line of a log").unwrap();
    screen.print("\x1b[2Jcleared");
    watch.stop().await;
    watch.stop().await;
    let lines = paper.lines();
    assert_eq!(
        lines.iter().filter(|line| !line.contains("mapping")).collect::<Vec<_>>(),
        ["started", "a line of a log", r"\u{1b}[2Jcleared"]
    );
}

#[tokio::test]
async fn the_log_and_the_last_numbers_are_printed() {
    let (watch, paper) = watch().await;
    let observer = watch.observer(&mapping("billing", "orders"));
    observer(&invoked(1, records(0, 0..2)));
    observer(&succeeded(1, records(0, 0..2)));
    observer(&MappingEvent::KafkaFailed { reason: "the broker is down".to_owned() });
    watch.stop().await;
    let lines = paper.lines();
    assert!(
        lines.iter().any(|line| line.contains("ESM_PROCESSING_EVENT") && line.contains("broker is down"))
    );
    let told = lines.iter().rfind(|line| line.starts_with("1 mapping")).unwrap();
    assert_eq!(told, "1 mapping: lag –, in flight 0, to retry 0, done 2");
}

#[test]
fn the_logged_observer_prints_only_the_log() {
    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let observer = logged(&mapping("billing", "orders"), |line| LINES.lock().unwrap().push(line.to_owned()));
    observer(&invoked(1, records(0, 3..5)));
    observer(&MappingEvent::NotInvoked { batch: 1, reason: "connection refused".to_owned() });
    let lines = LINES.lock().unwrap();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(line.contains("connection refused") && line.contains(r#""firstRecordOffset":3"#), "{line}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_that_names_it() {
    let (first, _) = watch().await;
    let port: u16 = first.metrics.port();
    let taken = Watch::start(port, Output::Plain(Box::new(io::sink()))).await;
    let error = taken.err().unwrap().to_string();
    assert!(error.starts_with(&format!("the metrics endpoint cannot listen on 127.0.0.1:{port}")), "{error}");
    first.stop().await;
}
