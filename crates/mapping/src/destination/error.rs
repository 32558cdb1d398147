//! Errors in deliveries to failure destinations.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// A batch could not be delivered to its failure destination.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// There was no HTTP response.
    #[error("the failure destination's endpoint cannot be reached: {0}")]
    Unreachable(reqwest::Error),
    /// The HTTP response is an error.
    #[error("the failure destination returned HTTP status {status}: {code}; check that it exists")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// AWS's error code, or the start of the response body if it has none.
        code: String,
    },
    /// A failed record could not be written to the destination topic.
    #[error(
        "a failed record could not be written to topic {topic}: {source}; check that the topic exists and that its \
         max.message.bytes leaves room for the record in Base64"
    )]
    Kafka {
        /// The destination topic.
        topic: String,
        /// librdkafka's error.
        source: KafkaError,
    },
    /// The message could not be serialised.
    #[error("the failure destination's message could not be serialised: {0}; report this bug")]
    Message(#[from] serde_json::Error),
}

impl DeliveryError {
    /// Whether a retry would fail again: for an HTTP 4xx status other than 429, and for a record that is too large
    /// for the topic.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Unreachable(_) => false,
            Self::Refused { status, .. } => (400..500).contains(status) && *status != 429,
            Self::Kafka { source, .. } => {
                source.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge)
            }
            Self::Message(_) => true,
        }
    }
}
