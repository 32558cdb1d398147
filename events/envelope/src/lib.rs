//! The envelope of every event, and the parts of which domains make their events.
//!
//! A domain lists its topics and events with [`catalog!`]. [`Event::decode`] reads a record's value and
//! [`Event::encode`] writes it. Both keep amounts exact.

pub mod amount;
pub mod catalog;
pub mod currency;
pub mod decode;
pub mod event;
pub mod ids;
pub mod json;
pub mod notifiable;
pub mod personal;
pub mod schema;
pub mod topic;
pub mod trace;

pub use amount::{Amount, NonNegative};
pub use catalog::{Catalog, EventType};
pub use currency::CurrencyCode;
pub use decode::{DecodeError, FieldError};
pub use event::{Event, Metadata, RawJson};
pub use ids::EventId;
pub use iso_currency::Currency;
pub use notifiable::{Fact, Notifiable, Recipient};
pub use personal::Personal;
pub use topic::{Topic, TopicKind};
pub use trace::TraceContext;
// For the macros.
#[doc(hidden)]
pub use {schemars, serde};
