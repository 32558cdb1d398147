//! How a topic is provisioned.

use std::time::Duration;

use crate::Topic;

const GIBIBYTE: u64 = 1 << 30;

/// What a broker is told when it creates a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicSettings {
    /// Number of partitions, and so the greatest number of batches in flight per subscriber.
    pub partitions: i32,
    /// Copies of each partition; a cluster with fewer brokers takes as many as it has.
    pub replication: i32,
    /// How long records are kept (`retention.ms`).
    pub retention: Duration,
    /// How many bytes of one partition are kept (`retention.bytes` is per partition).
    pub retention_bytes_per_partition: u64,
}

impl Topic {
    /// Every bank topic has 10 partitions, three copies, and keeps 7 days or 10 GiB.
    #[must_use]
    pub fn settings(self) -> TopicSettings {
        TopicSettings {
            partitions: 10,
            replication: 3,
            retention: Duration::from_hours(7 * 24),
            retention_bytes_per_partition: GIBIBYTE,
        }
    }
}
