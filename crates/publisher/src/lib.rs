//! Publishes typed events to Kafka: validates them, sends them with their key to their topic, and waits until all
//! replicas have acknowledged them.

mod auth;
mod config;
mod error;
mod publisher;

pub use auth::Auth;
pub use config::{DELIVERY_TIMEOUT, PublisherSettings};
pub use error::{PublishError, StartError};
pub use publisher::{Delivery, Publisher};
