//! Turns a Lambda invocation into one handler call per record and settles each record exactly once.
//!
//! A function implements [`Handler`] (handles single events) or [`BatchHandler`] (stores the records of a partition
//! in one write) and passes it to [`run()`] or [`run_batch`]. Every record of every batch then ends in exactly
//! one of four ways ([`outcome::Outcome`]): done, duplicate, dead-lettered, or returned to be delivered again.
//!
//! # A whole function
//!
//! A domain lists its events with [`tidings_events::catalog!`]. A handler names its domain's payload and handles one
//! event at a time. It knows nothing about Kafka, batches or queues.
//!
//! ```no_run
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use tidings_consumer::{Context, Handler, HandlerError, RunError, SettingError};
//! use tidings_events::{Event, Topic, catalog};
//!
//! #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
//! pub struct Parcel {
//!     parcel_id: String,
//! }
//!
//! catalog! {
//!     /// What can happen to parcels.
//!     pub enum Payload [Topic::event("parcel-events")];
//!     /// A parcel was handed over.
//!     Delivered(Parcel) = "parcel.delivered" on "parcel-events", key |it| &it.parcel_id;
//! }
//!
//! struct Receipts {
//!     s3: aws_sdk_s3::Client,
//!     bucket: String,
//! }
//!
//! impl Handler for Receipts {
//!     type Payload = Payload;
//!
//!     async fn handle(&self, event: &Event<Payload>, _: &Context) -> Result<(), HandlerError> {
//!         let Payload::Delivered(parcel) = &event.payload;
//!         // `?` is enough: the consumer knows which AWS errors are worth another attempt.
//!         self.s3.put_object().bucket(&self.bucket).key(&parcel.parcel_id).body(b"delivered".to_vec().into()).send().await?;
//!         Ok(())
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), RunError> {
//!     tidings_consumer::run("receipts", |aws, settings| {
//!         let bucket = settings.require("RECEIPTS_BUCKET")?;
//!         Ok::<_, SettingError>(Receipts { s3: aws_sdk_s3::Client::new(aws), bucket })
//!     })
//!     .await
//! }
//! ```
//!
//! The consumer reads these environment variables: `IDEMPOTENCY_TABLE` (a DynamoDB table with partition key `id`
//! and TTL attribute `expires_at`), `DEAD_LETTER_QUEUE_URL`, `DEAD_LETTER_BUCKET` and `PARTIAL_BATCH_RESPONSES`, which
//! says whether the event source mapping has `ReportBatchItemFailures`. The feature `testing` has a harness that runs
//! whole invocations over stores in memory.
//!
//! # Guarantees
//!
//! An effect happens once, with one exception: if the process is killed between an effect without an idempotency token
//! (an e-mail, an SMS, a push) and the storing of its fact, the next delivery repeats the effect. Such records are
//! counted in the metric `EffectsAtRisk`.
//!
//! Each record continues its publisher's trace: in every log line, and as a span if
//! `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` names an OTLP receiver.

mod attempt;
pub mod aws;
mod batch;
mod breaker;
pub mod claims;
mod consume;
pub mod context;
pub mod dead_letter;
pub mod dynamodb;
pub mod error;
pub mod handler;
mod identity;
pub mod invocation;
pub mod metrics;
pub mod options;
pub mod outcome;
pub mod payload;
mod persist;
pub mod record;
pub mod run;
pub mod settings;
mod settle;
mod single;
pub mod sqs;
mod telemetry;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use context::Context;
pub use error::{Failure, HandlerError};
pub use handler::{BatchHandler, Handler};
pub use record::{Header, Position, Record};
pub use run::{RunError, run, run_batch};
pub use settings::{SettingError, Settings};
