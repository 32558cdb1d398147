//! The topics and events of each domain, from `events/DOMAIN/topics.json`, and their subscribers, from
//! `events/DOMAIN/subscribers.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What one domain publishes.
#[derive(Debug, Clone, Deserialize)]
pub struct Catalog {
    /// `events/DOMAIN/topics.json`.
    pub topics: Vec<Topic>,
    /// `events/DOMAIN/subscribers.toml`: each topic's functions. Empty if the domain has no such file.
    pub subscribers: BTreeMap<String, Vec<String>>,
}

/// A topic and its configuration.
#[derive(Debug, Clone, Deserialize)]
pub struct Topic {
    /// Its name in Kafka.
    pub name: String,
    /// How many partitions it has.
    pub partitions: i64,
    /// Copies of each partition, if there are enough brokers.
    pub replication: i64,
    /// How long records are kept.
    pub retention_ms: i64,
    /// How many bytes of one partition are kept.
    pub retention_bytes_per_partition: i64,
    /// The types of event that it carries.
    pub event_types: Vec<EventType>,
}

/// A type of event.
#[derive(Debug, Clone, Deserialize)]
pub struct EventType {
    /// Its name in the envelope.
    pub name: String,
    /// The payload's variant in Rust.
    pub variant: String,
}

/// The catalogs by the names of their domains.
pub type Catalogs = BTreeMap<String, Catalog>;

/// All topics, each with the name of its domain.
pub fn topics(catalogs: &Catalogs) -> impl Iterator<Item = (&str, &Topic)> {
    catalogs.iter().flat_map(|(domain, it)| it.topics.iter().map(move |topic| (domain.as_str(), topic)))
}
