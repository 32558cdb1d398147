//! The metrics and logs of watched mappings.

use std::time::Duration;

use tidings_mapping::MappingEvent;
use tidings_trigger::filter::Pattern;
use tidings_trigger::{LogLevel, Mapping};

use crate::bench::{Bench, QUEUE, Reply, Watcher, spec, whole_batches_of, within};
use crate::destinations::aws::Aws;

const STOP_LIMIT: Duration = Duration::from_secs(30);

/// The metrics of the mapping that sends its record to a failure destination.
const OF_KEPT: [(&str, u64); 15] = [
    ("PolledEventCount", 5),
    ("FilteredOutEventCount", 1),
    // The batch of four, its two halves, the halves of the bad half, and the bad record again.
    ("InvokedEventCount", 4 + 2 + 2 + 1 + 1 + 1),
    ("FailedInvokeEventCount", 4 + 2 + 1 + 1),
    ("DroppedEventCount", 0),
    ("OnFailureDestinationDeliveredEventCount", 1),
    ("CommittedEventCount", 5),
    ("PollingErrorCount", 0),
    ("InvokeErrorCount", 4),
    ("OnFailureDestinationDeliveryErrorCount", 1),
    ("CommitErrorCount", 0),
    ("OffsetLag", 0),
    ("MaxOffsetLag", 0),
    ("SumOffsetLag", 0),
    ("ProvisionedPollers", 1),
];

/// A log line without the parts that differ between runs.
fn redacted(line: &str, topic: &str) -> String {
    let (before, rest) = line.split_once(r#""timestamp":"#).unwrap();
    let after = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
    format!(r#"{before}"timestamp":0{after}"#).replace(topic, "transfer.made")
}

#[tokio::test]
async fn a_run_is_counted_under_awss_names_and_logged_in_its_order() {
    let mut bench = Bench::new(1, [Reply::Poison(0, 3)]).await;
    let (watcher, aws) = (Watcher::new().await, Aws::failing_first(0, &[503]).await);
    for kind in ["order", "other", "order", "order", "order"] {
        bench.publish(0, &format!(r#"{{"kind":"{kind}"}}"#)).await;
    }
    let kept = Mapping {
        id: "kept".to_owned(),
        filters: vec![Pattern::parse(r#"{"value":{"kind":["order"]}}"#).unwrap()],
        maximum_retry_attempts: Some(1),
        bisect_on_function_error: true,
        on_failure: Some(QUEUE.to_owned()),
        log_level: Some(LogLevel::Debug),
        ..whole_batches_of(4)
    };
    let lost = Mapping {
        id: "lost".to_owned(),
        consumer_group_id: "lost".to_owned(),
        on_failure: None,
        log_level: None,
        ..kept.clone()
    };
    let of_lost = OF_KEPT.map(|(name, value)| match name {
        "DroppedEventCount" => (name, 1),
        "OnFailureDestinationDeliveredEventCount" | "OnFailureDestinationDeliveryErrorCount" => (name, 0),
        _ => (name, value),
    });
    for (spec, expected) in [(kept, OF_KEPT), (lost, of_lost)] {
        let mapping = bench.start_watched(&spec, &watcher, &bench.endpoint, &aws.endpoint);
        bench.caught_up(5).await;
        assert_eq!(watcher.metrics(&spec.id).await, expected.map(|(name, value)| (name.to_owned(), value)));
        mapping.stop(STOP_LIMIT).await;
        bench.event(|event| matches!(event, MappingEvent::Stopped { .. })).await;
    }
    // Offsets are logged once a minute, at any place among the other lines.
    let (offsets, lines): (Vec<String>, Vec<String>) =
        watcher.log().await.into_iter().partition(|line| line.contains("KAFKA_STATUS_EVENT"));
    assert!(offsets[0].contains(&format!(r#"{{"partition":"{}-0","#, bench.topic)), "{offsets:?}");
    let lines: Vec<String> = lines.iter().map(|line| redacted(line, &bench.topic)).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn the_lag_is_on_the_endpoint_until_it_is_gone() {
    let mut bench = Bench::new(2, [Reply::Held]).await;
    let watcher = Watcher::new().await;
    for partition in [0, 0, 1, 0] {
        bench.publish(partition, "a").await;
    }
    let spec = spec();
    let mapping = bench.start_watched(&spec, &watcher, &bench.endpoint, &bench.endpoint);
    for (sum, max) in [(4, 3), (0, 0)] {
        bench
            .event(|event| {
                matches!(event, MappingEvent::Lag(lags)
                    if lags.len() == 2 && lags.iter().map(|of| of.lag).sum::<u64>() == sum)
            })
            .await;
        let metrics = watcher.metrics(&spec.id).await;
        for (name, expected) in [("OffsetLag", sum), ("SumOffsetLag", sum), ("MaxOffsetLag", max)] {
            assert!(metrics.contains(&(name.to_owned(), expected)), "{name} is not {expected}: {metrics:?}");
        }
        bench.release(4);
    }
    within(mapping.settled()).await.unwrap();
}
