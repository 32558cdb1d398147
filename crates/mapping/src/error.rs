//! Why a mapping does not run.

use rdkafka::error::KafkaError;

/// A mapping cannot start, or cannot tell its lag.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// A failure destination that cannot be used.
    #[error("the failure destination {destination} cannot be used: {reason}")]
    Destination {
        /// As the template has it.
        destination: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// Not a valid base URL.
    #[error("the {name} {url} is not a base URL; give one like http://127.0.0.1:9001")]
    Endpoint {
        /// Which endpoint.
        name: &'static str,
        /// What was given.
        url: String,
    },
    /// The HTTP client could not be built.
    #[error("the HTTP client cannot be set up: {0}")]
    Http(#[from] reqwest::Error),
    /// Kafka cannot be asked or read.
    #[error("topic {topic} cannot be read: {source}; check that the broker runs and has the topic")]
    Kafka {
        /// The topic.
        topic: String,
        /// What librdkafka said.
        source: KafkaError,
    },
    /// The mapping's task has ended.
    #[error("the mapping of topic {topic} has stopped; start it again")]
    Stopped {
        /// The topic.
        topic: String,
    },
}
