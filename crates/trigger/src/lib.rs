//! What a Kafka trigger of Lambda is: the settings of an event source mapping, its filters, and the names by which AWS
//! knows what is local.

pub mod answer;
pub mod arn;
pub mod filter;
mod mapping;

pub use mapping::{EventSource, LogLevel, Mapping, MetricGroup, PAYLOAD_LIMIT, Pollers, StartingPosition};
