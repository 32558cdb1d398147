//! Why a failure destination does not take a batch.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// A failure destination did not take a batch.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// No HTTP answer.
    #[error("the failure destination's endpoint cannot be reached: {0}")]
    Unreachable(reqwest::Error),
    /// An HTTP answer that is an error.
    #[error("the failure destination answered with HTTP status {status}: {code}; check that it exists")]
    Refused {
        /// HTTP status.
        status: u16,
        /// AWS's error code, or the start of the answer where it has none.
        code: String,
    },
    /// The destination topic's broker did not take a failed record.
    #[error(
        "topic {topic} did not take a failed record: {source}; check that it exists and that its \
         max.message.bytes leaves room for the record in base64"
    )]
    Kafka {
        /// The destination topic.
        topic: String,
        /// What librdkafka said.
        source: KafkaError,
    },
    /// The message cannot be written.
    #[error("the failure destination's message cannot be written: {0}; please report this")]
    Message(#[from] serde_json::Error),
}

impl DeliveryError {
    /// Whether the same batch would be refused again: as an HTTP client's error, unless it came too fast, or as too
    /// large for the topic.
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
