//! The errors of publishing.

use rdkafka::{error::KafkaError, types::RDKafkaErrorCode};
use tidings_events::{DecodeError, EventId};

/// The publisher could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the Kafka producer could not be set up; check the bootstrap servers and the authentication: {0}")]
pub struct StartError(#[from] pub(crate) KafkaError);

/// An event was not published, or it is unknown whether it was.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The event cannot be written as JSON.
    #[error("event {event_id} cannot be encoded ({reason}); fix the code that built it")]
    Unencodable {
        /// The event's id.
        event_id: EventId,
        /// The serializer's message.
        reason: serde_json::Error,
    },
    /// No subscriber could read the event.
    #[error("event {event_id} is not valid ({reason}); fix the code that built it")]
    Invalid {
        /// The event's id.
        event_id: EventId,
        /// The error that a subscriber would get when reading it.
        reason: DecodeError,
    },
    /// The event is larger than the producer or the topic accepts.
    #[error("event {event_id} is too large for topic {topic}; shorten its texts")]
    TooLarge {
        /// The event's id.
        event_id: EventId,
        /// The event's topic.
        topic: &'static str,
    },
    /// Too many events are waiting to be sent.
    #[error("event {event_id} was not sent because the producer's queue is full; publish it again later")]
    QueueFull {
        /// The event's id.
        event_id: EventId,
    },
    /// The brokers did not acknowledge the event in time. They may or may not have stored it.
    #[error("event {event_id} was not acknowledged on topic {topic} ({reason}); publish it again")]
    NotAcknowledged {
        /// The event's id.
        event_id: EventId,
        /// The event's topic.
        topic: &'static str,
        /// librdkafka's code.
        reason: KafkaError,
    },
}

impl PublishError {
    /// Whether publishing the same event again may succeed. The event keeps its id, so that subscribers treat a second
    /// copy as a duplicate.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::QueueFull { .. } | Self::NotAcknowledged { .. })
    }

    /// A stable name for logs, dead letters and alarms.
    #[must_use]
    pub const fn error_type(&self) -> &'static str {
        match self {
            Self::Unencodable { .. } => "EventUnencodable",
            Self::Invalid { .. } => "EventInvalid",
            Self::TooLarge { .. } => "EventTooLarge",
            Self::QueueFull { .. } => "PublisherQueueFull",
            Self::NotAcknowledged { .. } => "PublishNotAcknowledged",
        }
    }

    pub(crate) fn from_kafka(event_id: EventId, topic: &'static str, reason: KafkaError) -> Self {
        match reason.rdkafka_error_code() {
            Some(RDKafkaErrorCode::QueueFull) => Self::QueueFull { event_id },
            Some(RDKafkaErrorCode::MessageSizeTooLarge) => Self::TooLarge { event_id, topic },
            _ => Self::NotAcknowledged { event_id, topic, reason },
        }
    }
}
