//! A Kafka topic, as its domain describes it.

use std::time::Duration;

use crate::EventType;

const GIBIBYTE: u64 = 1 << 30;

/// A Kafka topic: its name and the configuration that it is created with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// The topic's name, e.g. `order.created`.
    pub name: &'static str,
    /// Whether its records are events or commands.
    pub kind: TopicKind,
    /// Number of partitions, and so the greatest number of batches in flight per subscriber.
    pub partitions: i32,
    /// Copies of each partition; a cluster with fewer brokers gets one per broker.
    pub replication: i32,
    /// How long records are kept (`retention.ms`).
    pub retention: Duration,
    /// How many bytes of one partition are kept (`retention.bytes` is per partition).
    pub retention_bytes_per_partition: u64,
}

/// What a topic's records are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicKind {
    /// Something happened; any number of functions may react.
    Event,
    /// Something is to be done by one function.
    Command,
}

impl Topic {
    /// A topic of events with 10 partitions and three copies, which keeps 7 days or 10 GiB.
    #[must_use]
    pub const fn event(name: &'static str) -> Self {
        Self {
            name,
            kind: TopicKind::Event,
            partitions: 10,
            replication: 3,
            retention: Duration::from_hours(7 * 24),
            retention_bytes_per_partition: GIBIBYTE,
        }
    }

    /// A topic of commands, otherwise as one of [events](Self::event).
    #[must_use]
    pub const fn command(name: &'static str) -> Self {
        Self { kind: TopicKind::Command, ..Self::event(name) }
    }
}

/// What [`catalog!`](crate::catalog!) checks while it compiles.
///
/// # Panics
/// Where a type of event is carried by a topic that is not listed, a topic carries none, or a name is there twice.
pub const fn assert_consistent(topics: &[Topic], event_types: &[EventType]) {
    let mut at = 0;
    while at < event_types.len() {
        let EventType { name, topic, .. } = event_types[at];
        assert!(
            count(topics, topic) == 1,
            "each event type's topic must be listed once in the domain's topics"
        );
        let mut other = at + 1;
        while other < event_types.len() {
            assert!(!same(name, event_types[other].name), "two event types have the same name; rename one");
            other += 1;
        }
        at += 1;
    }
    let mut at = 0;
    while at < topics.len() {
        let mut event_type = 0;
        let mut carries = false;
        while event_type < event_types.len() {
            carries |= same(topics[at].name, event_types[event_type].topic);
            event_type += 1;
        }
        assert!(carries, "a topic carries no event type; remove it or add one");
        at += 1;
    }
}

const fn count(topics: &[Topic], name: &str) -> usize {
    let (mut at, mut found) = (0, 0);
    while at < topics.len() {
        found += same(topics[at].name, name) as usize;
        at += 1;
    }
    found
}

const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}
