//! Why the demo has no verdict.

use tidings_local::emulator::EmulatorError;
use tidings_mapping::MappingError;
use tidings_process::StartError;

/// The demo could not be carried out; how the records ended is not known.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Something that the demo needs did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The emulator refused what the demo sets up.
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
    /// A mapping stopped.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// An event could not be published.
    #[error("publishing failed: {0}; look at the broker")]
    Publish(#[from] tidings_publisher::PublishError),
    /// The broker did not take or give records.
    #[error("Kafka failed: {0}; look at the broker")]
    Kafka(#[from] rdkafka::error::KafkaError),
}
