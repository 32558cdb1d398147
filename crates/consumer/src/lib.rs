//! From one Lambda invocation to one handler call per record, each record settled exactly once.
//!
//! A function implements [`Handler`] (one thing for one event) or [`BatchHandler`] (one write for the records
//! of a partition) and hands it to [`run()`] or [`run_batch`]. Every record of every batch then ends in exactly
//! one of four ways ([`outcome::Outcome`]): done, duplicate, dead-lettered, or returned to be delivered again.
//!
//! One window cannot be closed: a process that is killed between an effect that has no idempotency token (an
//! e-mail, an SMS, a push) and the stored fact repeats that effect. Such records are counted in the metric
//! `EffectsAtRisk`.
//!
//! Each record is a step of its publisher's trace: in every log line, and as a span where
//! `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` names a receiver of OTLP.

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
