//! The bank's events: topics, and one typed payload per event. `schemas/` has the JSON Schema of each type of event,
//! for other languages, and `fixtures/` has examples.

pub mod catalog;
pub mod notifiable;
pub mod payloads;

#[cfg(test)]
mod strategies;
#[cfg(test)]
mod tests;

pub use catalog::Payload;
pub use payloads::{AccountId, TransactionId, UserId};

/// An event of the bank.
pub type Event = tidings_events::Event<Payload>;
