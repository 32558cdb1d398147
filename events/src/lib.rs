//! What can happen: topics, the envelope every event travels in, and one typed payload per event.
//!
//! [`Event::decode`] reads a record's value, [`Event::encode`] writes it; both keep amounts exact.
//! The table in [`catalog`] is the one place where an event type, its topic and its key are written down.

pub mod amount;
pub mod bank;
pub mod catalog;
pub mod decode;
pub mod event;
pub mod ids;
pub mod json;
pub mod personal;
pub mod schema;
pub mod topic;
pub mod trace;

#[cfg(test)]
mod strategies;

pub use amount::Amount;
pub use catalog::{Payload, Topic};
pub use decode::DecodeError;
pub use event::{Event, Metadata, RawJson};
pub use ids::{AccountId, EventId, TransactionId, UserId};
pub use iso_currency::Currency;
pub use personal::Personal;
pub use trace::TraceContext;
