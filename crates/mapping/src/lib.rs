//! Lambda's event source mapping for Kafka. It reads one topic in one consumer group, forms batches as AWS does,
//! invokes the function with the Lambda Invoke API, and commits settled records.
//!
//! It needs a Kafka broker, an implementation of Lambda's Invoke API and, for failure destinations on AWS, an AWS
//! endpoint. [`conformance`] lists every behaviour with its source.
//!
//! ```no_run
//! use std::{sync::Arc, time::Duration};
//!
//! use tidings_mapping::{Connection, EventSourceMapping, MappingError, MappingEvent};
//! use tidings_trigger::{EventSource, Mapping, Pollers, StartingPosition};
//!
//! # async fn run() -> Result<(), MappingError> {
//! let cluster = EventSource::SelfManagedKafka(vec!["127.0.0.1:9092".to_owned()]);
//! let settings = Mapping {
//!     batch_size: 500,
//!     provisioned: Some(Pollers { minimum: 1, maximum: 4 }),
//!     maximum_retry_attempts: Some(3),
//!     on_failure: Some("kafka://orders-failed".to_owned()),
//!     ..Mapping::new("fulfilment", "orders", cluster, StartingPosition::TrimHorizon)
//! };
//! let connection = Connection {
//!     bootstrap_servers: "127.0.0.1:9092".to_owned(),
//!     invoke_endpoint: "http://127.0.0.1:9001".to_owned(),
//!     aws_endpoint: "http://127.0.0.1:4566".to_owned(),
//! };
//! let observer = Arc::new(|event: &MappingEvent| println!("{event:?}"));
//! let mapping = EventSourceMapping::start(&settings, &connection, observer)?;
//! mapping.settled().await?;
//! mapping.stop(Duration::from_secs(5)).await;
//! # Ok(())
//! # }
//! ```
//!
//! All decisions are made in [`machine`], which does no I/O. `poller` feeds it with records, responses and the time.
//! Events that the observer receives are not logged. A record is dropped only if no failure destination accepts it,
//! and never without an event.
//!
//! Not supported: schema registries. A topic that ends in a transaction's control record is never reported as settled.

mod backoff;
pub mod batch;
pub mod conformance;
mod connection;
mod consumer;
pub mod destination;
mod encode;
mod error;
mod event;
mod event_source_mapping;
pub mod invoke;
pub mod machine;
mod pace;
mod partition;
pub mod payload;
mod poller;
mod reader;
pub mod record;
pub mod response;
mod rules;
mod scaling;
mod worker;

pub use batch::Condition;
pub use connection::Connection;
pub use consumer::PartitionLag;
pub use error::MappingError;
pub use event::{FunctionFailure, MappingEvent, Observer};
pub use event_source_mapping::EventSourceMapping;
pub use record::Position;
