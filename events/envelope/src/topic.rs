//! A domain's description of a Kafka topic.

use std::time::Duration;

use crate::EventType;

const GIBIBYTE: u64 = 1 << 30;

/// A Kafka topic: its name and its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// The topic's name, e.g. `order.created`.
    pub name: &'static str,
    /// Whether its records are events or commands.
    pub kind: TopicKind,
    /// The number of partitions, and so the maximum number of batches in flight per subscriber.
    pub partitions: i32,
    /// The copies of each partition. A cluster with fewer brokers gets one per broker.
    pub replication: i32,
    /// How long records are kept (`retention.ms`).
    pub retention: Duration,
    /// How many bytes of one partition are kept (`retention.bytes` is per partition).
    pub retention_bytes_per_partition: u64,
}

/// The kind of a topic's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicKind {
    /// Events: something happened, and any number of functions may react.
    Event,
    /// Commands: one function has to do something.
    Command,
}

impl Topic {
    /// A topic of events with 10 partitions and three copies, which keeps records for 7 days, up to 10 GiB.
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

    /// A topic of commands, otherwise like a topic of [events](Self::event).
    #[must_use]
    pub const fn command(name: &'static str) -> Self {
        Self { kind: TopicKind::Command, ..Self::event(name) }
    }
}

/// The checks of [`catalog!`](crate::catalog!) at compile time.
///
/// # Panics
/// If the topic of a type of event is not listed, a topic has no type of event, or a name is used twice.
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
