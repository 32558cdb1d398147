mod canvas;
mod log;
mod metrics;
mod prometheus;
mod view;
mod watching;

use tidings_mapping::{MappingEvent, PartitionLag, Position};
use tidings_trigger::{EventSource, Mapping, Pollers, StartingPosition};

fn mapping(function: &str, topic: &str) -> Mapping {
    let source = EventSource::Msk("arn:aws:kafka:us-east-1:000000000000:cluster/shop/abc".to_owned());
    Mapping {
        consumer_group_id: format!("{function}-group"),
        provisioned: Some(Pollers { minimum: 2, maximum: 10 }),
        ..Mapping::new(function, topic, source, StartingPosition::TrimHorizon)
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
