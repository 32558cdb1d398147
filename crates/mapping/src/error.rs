//! Errors of a mapping.

use rdkafka::error::KafkaError;

/// A mapping cannot start or has stopped.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// The failure destination cannot be used.
    #[error("the failure destination {destination} cannot be used: {reason}")]
    Destination {
        /// The destination in the template.
        destination: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// An endpoint is not a valid base URL.
    #[error("the {name} {url} is not a base URL; give one like http://127.0.0.1:9001")]
    Endpoint {
        /// The endpoint's name.
        name: &'static str,
        /// The given URL.
        url: String,
    },
    /// The HTTP client could not be created.
    #[error("the HTTP client could not be created: {0}")]
    Http(#[from] reqwest::Error),
    /// A Kafka request failed.
    #[error("topic {topic} cannot be read: {source}; check that the broker runs and has the topic")]
    Kafka {
        /// The topic's name.
        topic: String,
        /// librdkafka's error.
        source: KafkaError,
    },
    /// The mapping has stopped.
    #[error("the mapping of topic {topic} has stopped; start it again")]
    Stopped {
        /// The topic's name.
        topic: String,
    },
}
