//! The log lines for every event, by level.

use std::time::Duration;

use jiff::Timestamp;
use tidings_mapping::{Condition, FunctionFailure, MappingEvent};
use tidings_trigger::{EventSource, LogLevel};

use super::super::log::EventLog;
use super::super::metrics::Metrics;
use super::{invoked, lag, mapping, polled, records, succeeded};

/// The log lines of a mapping whose events are one second apart.
fn lines(level: Option<LogLevel>, events: impl IntoIterator<Item = MappingEvent>) -> Vec<String> {
    let mut spec = mapping("billing", "orders");
    spec.log_level = level;
    let (mut log, mut metrics) = (EventLog::new(&spec), Metrics::new(2));
    let mut lines = Vec::new();
    for (second, event) in (1_700_000_000..).zip(events) {
        lines.extend(log.lines(&event, &metrics, || Timestamp::from_second(second).unwrap()));
        metrics.note(&event);
    }
    lines
}

fn life() -> Vec<MappingEvent> {
    vec![
        MappingEvent::Started,
        MappingEvent::Assigned(vec![0, 1]),
        invoked(1, records(0, 0..2)),
        succeeded(1, records(0, 0..2)),
        MappingEvent::Scaled { pollers: 3 },
        lag([(0, 1), (1, 0)]),
        MappingEvent::CommitFailed { reason: "the group is rebalancing".to_owned() },
        MappingEvent::Stopped { waited: Duration::ZERO },
    ]
}

fn failures() -> Vec<MappingEvent> {
    let (records, condition) =
        (|| [records(0, 3..5), records(1, 7..8)].concat(), Condition::RetryAttemptsExhausted);
    let failed = |failure| MappingEvent::FunctionFailed {
        batch: 1,
        records: records(),
        request_id: "11111111-2222-3333-4444-555555555555".to_owned(),
        failure,
    };
    let reason = || "connection refused".to_owned();
    vec![
        failed(FunctionFailure::Error),
        failed(FunctionFailure::Timeout),
        failed(FunctionFailure::Crash),
        failed(FunctionFailure::ResponseTooLarge),
        failed(FunctionFailure::BadResponse),
        failed(FunctionFailure::Listed),
        invoked(1, records()),
        MappingEvent::Throttled { batch: 1 },
        invoked(1, records()),
        MappingEvent::NotInvoked { batch: 1, reason: reason() },
        MappingEvent::DeliveryFailed { records: records(), reason: reason() },
        MappingEvent::Delivered { condition, records: records() },
        MappingEvent::Dropped { condition: Condition::RecordAgeExceeded, records: records() },
        MappingEvent::CommitFailed { reason: reason() },
        MappingEvent::KafkaFailed { reason: reason() },
    ]
}

fn levels(lines: &[String]) -> Vec<String> {
    let level = |line: &String| {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        json["logLevel"].as_str().unwrap().to_owned()
    };
    lines.iter().map(level).collect()
}

#[test]
fn warnings() {
    insta::assert_snapshot!(lines(Some(LogLevel::Warn), failures()).join("\n"));
}

#[test]
fn poller_status_is_logged_whenever_the_consumer_changes() {
    let lines = lines(Some(LogLevel::Info), life());
    let status: Vec<&str> =
        lines.iter().filter(|line| line.contains("POLLER_STATUS_EVENT")).map(String::as_str).collect();
    insta::assert_snapshot!(status.join("\n"));
}

#[test]
fn offsets_are_logged_by_partition() {
    let start = [MappingEvent::Assigned(vec![0, 1])].into_iter().chain(polled(records(0, 10..14)));
    let events = start.chain([
        succeeded(1, records(0, 10..12)),
        MappingEvent::Committed { partition: 0, offset: 12 },
        lag([(0, 5), (1, 0)]),
    ]);
    let lines = lines(Some(LogLevel::Debug), events);
    insta::assert_snapshot!(lines[1..].join("\n"));
}

#[test]
fn offsets_are_logged_once_a_minute() {
    let logged = lines(Some(LogLevel::Debug), (0..121).map(|_| lag([(0, 0), (1, 0)])));
    assert_eq!(logged.len(), 3 * 2);
    assert!(logged[2].contains(r#""timestamp":1700000060000"#), "{}", logged[2]);
}

#[test]
fn each_level_includes_those_before_it() {
    assert_eq!(levels(&lines(Some(LogLevel::Warn), life())), ["WARN"]);
    assert_eq!(levels(&lines(Some(LogLevel::Info), life())), ["INFO", "INFO", "INFO", "WARN", "INFO"]);
    assert_eq!(
        levels(&lines(Some(LogLevel::Debug), life())),
        ["INFO", "INFO", "INFO", "DEBUG", "DEBUG", "WARN", "INFO"]
    );
}

#[test]
fn a_mapping_without_a_level_logs_warnings() {
    assert_eq!(levels(&lines(None, life())), ["WARN"]);
}

#[test]
fn a_self_managed_cluster_has_no_arn() {
    let mut spec = mapping("billing", "orders");
    spec.source = EventSource::SelfManagedKafka(vec!["127.0.0.1:9092".to_owned()]);
    let event = MappingEvent::KafkaFailed { reason: "down".to_owned() };
    let lines = EventLog::new(&spec).lines(&event, &Metrics::new(1), || Timestamp::UNIX_EPOCH);
    assert!(!lines[0].contains("eventSourceArn"), "{}", lines[0]);
}
