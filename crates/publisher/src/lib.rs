//! Publishes typed events to Kafka: validated, to their topic under their key, acknowledged by all replicas.

mod auth;
mod config;
mod error;
mod publisher;

pub use auth::Auth;
pub use config::{DELIVERY_TIMEOUT, PublisherSettings};
pub use error::{PublishError, StartError};
pub use publisher::{Delivery, Publisher};
