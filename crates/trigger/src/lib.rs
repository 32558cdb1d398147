//! Lambda's Kafka trigger: the settings and filters of an event source mapping, and the ARNs of local resources.

pub mod answer;
pub mod arn;
pub mod filter;
mod mapping;

pub use mapping::{EventSource, LogLevel, Mapping, MetricGroup, PAYLOAD_LIMIT, Pollers, StartingPosition};
