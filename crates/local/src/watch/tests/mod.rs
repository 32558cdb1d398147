mod canvas;
mod log;
mod metrics;
mod prometheus;
mod view;
mod watching;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::mapping::{MappingEvent, PartitionLag, Position};
use crate::template::{EventSource, Function, Mapping, Pollers, StartingPosition};

fn mapping(function: &str, topic: &str) -> Mapping {
    Mapping {
        id: format!("{function}-{topic}"),
        function: function.to_owned(),
        source: EventSource::Msk("arn:aws:kafka:us-east-1:000000000000:cluster/shop/abc".to_owned()),
        topic: topic.to_owned(),
        batch_size: 100,
        batching_window: Duration::from_millis(500),
        starting_position: StartingPosition::TrimHorizon,
        consumer_group_id: format!("{function}-group"),
        enabled: true,
        provisioned: Some(Pollers { minimum: 2, maximum: 10 }),
        maximum_retry_attempts: None,
        maximum_record_age: None,
        bisect_on_function_error: false,
        report_batch_item_failures: true,
        on_failure: None,
        filters: Vec::new(),
        log_level: None,
        metrics: BTreeSet::new(),
    }
}

fn function(name: &str) -> Function {
    Function {
        name: name.to_owned(),
        binary: name.to_owned(),
        runtime: "provided.al2023".to_owned(),
        handler: None,
        code: None,
        environment: BTreeMap::new(),
        timeout: Duration::from_secs(3),
        memory_mb: 128,
        reserved_concurrency: None,
        mappings: Vec::new(),
    }
}

/// Records of one partition.
fn records(partition: i32, offsets: std::ops::Range<i64>) -> Vec<Position> {
    offsets.map(|offset| Position { partition, offset }).collect()
}

fn polled(records: Vec<Position>) -> impl Iterator<Item = MappingEvent> {
    std::iter::once(MappingEvent::Polled(records))
}

fn invoked(batch: u64, records: Vec<Position>) -> MappingEvent {
    MappingEvent::Invoked { batch, records }
}

fn succeeded(batch: u64, records: Vec<Position>) -> MappingEvent {
    MappingEvent::Succeeded { batch, records, request_id: "r-1".to_owned() }
}

fn lag(lags: [(i32, u64); 2]) -> MappingEvent {
    MappingEvent::Lag(lags.map(|(partition, lag)| PartitionLag { partition, lag }).to_vec())
}
