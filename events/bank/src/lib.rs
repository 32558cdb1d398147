//! The bank's events: topics, and one typed payload per event. `schemas/` holds the JSON Schema of each type
//! of event for other languages, `fixtures/` has examples.

pub mod catalog;
pub mod notifiable;
pub mod payloads;
pub mod subscribers;

#[cfg(test)]
mod strategies;
#[cfg(test)]
mod tests;

pub use catalog::Payload;
pub use payloads::{AccountId, TransactionId, UserId};
pub use subscribers::SUBSCRIBERS;

/// An event of the bank.
pub type Event = tidings_events::Event<Payload>;
