//! Checks that a broker responds, and creates topics.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use tidings_process::StartError;

use super::TopicSpec;

/// How long a running broker may take to respond.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// The time limit for creating all topics.
const CREATE_LIMIT: Duration = Duration::from_secs(30);
/// Kafka's value for the broker's default.
const DEFAULT_REPLICATION: i32 = -1;

/// The configuration of a client that reconnects quickly while the broker starts.
fn config(servers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", servers)
        .set("broker.address.family", "v4")
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "200");
    config
}

/// A client that checks whether a broker responds.
#[derive(Clone)]
pub(super) struct Probe(Arc<BaseConsumer>);

impl Probe {
    pub fn new(servers: &str) -> Result<Self, StartError> {
        let client = config(servers).create().map_err(|error| refused(servers, &error))?;
        Ok(Self(Arc::new(client)))
    }

    /// Whether the broker returns its metadata within `limit`.
    pub async fn answers(&self, limit: Duration) -> bool {
        let client = Arc::clone(&self.0);
        let asking = tokio::task::spawn_blocking(move || {
            client.fetch_metadata(None, limit).is_ok_and(|metadata| !metadata.brokers().is_empty())
        });
        asking.await.unwrap_or(false)
    }
}

/// Fails if no broker responds at `servers`.
pub(super) async fn require_answer(servers: &str) -> Result<(), StartError> {
    if Probe::new(servers)?.answers(ANSWER_LIMIT).await {
        return Ok(());
    }
    Err(no_answer(servers))
}

fn no_answer(servers: &str) -> StartError {
    StartError::NotReady {
        what: format!("the Kafka broker at {servers}"),
        reason:
            "it did not respond within 10 seconds; start it, correct the address, or choose another broker"
                .to_owned(),
    }
}

/// The names of all topics of the brokers at `servers`.
pub async fn topics(servers: &str) -> Result<BTreeSet<String>, StartError> {
    let client = Probe::new(servers)?.0;
    let asking = tokio::task::spawn_blocking(move || {
        let metadata = client.fetch_metadata(None, ANSWER_LIMIT)?;
        Ok(metadata.topics().iter().map(|topic| topic.name().to_owned()).collect())
    });
    let asked: Result<_, KafkaError> = asking.await.unwrap_or(Err(KafkaError::Canceled));
    asked.map_err(|_| no_answer(servers))
}

/// Creates the topics that do not exist yet.
pub(super) async fn create_topics(servers: &str, topics: &[TopicSpec]) -> Result<(), StartError> {
    let client: AdminClient<DefaultClientContext> =
        config(servers).create().map_err(|error| refused(servers, &error))?;
    let new: Vec<_> = topics
        .iter()
        .map(|topic| {
            NewTopic::new(&topic.name, topic.partitions, TopicReplication::Fixed(DEFAULT_REPLICATION))
        })
        .collect();
    let options =
        AdminOptions::new().operation_timeout(Some(CREATE_LIMIT)).request_timeout(Some(CREATE_LIMIT));
    let results = client.create_topics(&new, &options).await.map_err(|error| refused(servers, &error))?;
    for result in results {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(not_created(&topic, code)),
        }
    }
    Ok(())
}

/// The error for a topic that the broker did not create.
pub(super) fn not_created(topic: &str, code: RDKafkaErrorCode) -> StartError {
    StartError::NotReady {
        what: format!("the topic {topic}"),
        reason: format!("the broker did not create it: {code}; see the broker's log"),
    }
}

fn refused(servers: &str, error: &KafkaError) -> StartError {
    StartError::NotReady {
        what: format!("the Kafka broker at {servers}"),
        reason: format!("{error}; check the address"),
    }
}
