//! The Kafka broker: embedded in this process, Apache Kafka from its jars, Redpanda in a container, or a running one.
//! Started brokers listen on free ports of 127.0.0.1.

mod admin;
mod compose;
mod embedded;
mod jars;
mod kafka;
mod ports;
mod progress;

use std::path::PathBuf;
use std::str::FromStr;

use tempfile::TempDir;
use tidings_process::{LineSink, StartError};

pub use admin::topics;
use compose::Compose;
use embedded::Embedded;
use kafka::Kafka;

/// The kind of broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokerKind {
    /// librdkafka's mock cluster in this process. Nothing needs to be installed, and other processes can connect. It
    /// silently drops the oldest records beyond 5 MiB or 100,000 message sets per partition, returns the end offset
    /// for every lookup by time, and loses all data at exit.
    Embedded,
    /// Apache Kafka in `KRaft` mode. Needs Java 17, and `mvn` once to download its jars into the user's cache. Its
    /// data is removed when it stops.
    Kafka,
    /// Redpanda from `infra/compose.yaml`. Needs a Docker engine.
    Compose,
    /// A running broker. Holds its bootstrap servers, `host:port` separated by commas.
    External(String),
}

impl FromStr for BrokerKind {
    type Err = StartError;

    /// Parses `embedded`, `kafka`, `compose`, or bootstrap servers (which always contain a colon).
    fn from_str(text: &str) -> Result<Self, StartError> {
        match text {
            "embedded" => Ok(Self::Embedded),
            "kafka" => Ok(Self::Kafka),
            "compose" => Ok(Self::Compose),
            servers if servers.contains(':') => Ok(Self::External(servers.to_owned())),
            other => Err(StartError::Setting(format!(
                "there is no broker {other}; choose embedded, kafka, compose, or the host:port of a running broker"
            ))),
        }
    }
}

/// A topic to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// The topic's name.
    pub name: String,
    /// The number of partitions.
    pub partitions: i32,
}

/// A running broker. [`Broker::stop`] or dropping it stops what [`Broker::start`] started.
pub struct Broker {
    bootstrap_servers: String,
    running: Running,
}

/// What must be stopped.
enum Running {
    Embedded(Embedded),
    Kafka(Kafka),
    /// In this order, because stopping it needs the file.
    Compose(Compose, TempDir),
    External,
}

impl Broker {
    /// Starts a broker and waits until it responds. `progress` receives a message about each step that takes longer
    /// than two seconds.
    pub async fn start(kind: BrokerKind, progress: &LineSink) -> Result<Self, StartError> {
        let (bootstrap_servers, running) = match kind {
            BrokerKind::Embedded => {
                let (servers, embedded) = Embedded::start()?;
                (servers, Running::Embedded(embedded))
            }
            BrokerKind::Kafka => {
                let (servers, kafka) = Kafka::start(progress).await?;
                (servers, Running::Kafka(kafka))
            }
            BrokerKind::Compose => {
                let (folder, file) = compose_file()?;
                let (servers, compose) = Compose::start("docker", &file, progress).await?;
                (servers, Running::Compose(compose, folder))
            }
            BrokerKind::External(servers) => {
                admin::require_answer(&servers).await?;
                (servers, Running::External)
            }
        };
        Ok(Self { bootstrap_servers, running })
    }

    /// The bootstrap servers, `host:port` separated by commas.
    #[must_use]
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// Creates the topics that do not exist yet. Existing topics are not changed.
    pub async fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), StartError> {
        match &self.running {
            Running::Embedded(embedded) => embedded.create_topics(topics),
            _ => admin::create_topics(&self.bootstrap_servers, topics).await,
        }
    }

    /// Stops it completely.
    pub async fn stop(self) {
        match self.running {
            Running::Kafka(kafka) => kafka.stop().await,
            Running::Compose(compose, _folder) => compose.stop().await,
            Running::Embedded(_) | Running::External => {}
        }
    }
}

/// Writes infra/compose.yaml, which is compiled into this program, to a temporary folder.
fn compose_file() -> Result<(TempDir, PathBuf), StartError> {
    const TEXT: &str = include_str!("../../../../infra/compose.yaml");
    let fail = |source| StartError::File { path: std::env::temp_dir(), source };
    let folder = TempDir::with_prefix("tidings-compose-").map_err(fail)?;
    let file = folder.path().join("compose.yaml");
    std::fs::write(&file, TEXT).map_err(fail)?;
    Ok((folder, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_chosen_by_name_or_address() {
        assert_eq!("embedded".parse::<BrokerKind>().unwrap(), BrokerKind::Embedded);
        assert_eq!("kafka".parse::<BrokerKind>().unwrap(), BrokerKind::Kafka);
        assert_eq!("compose".parse::<BrokerKind>().unwrap(), BrokerKind::Compose);
        let servers = "10.0.0.1:9092,10.0.0.2:9092";
        assert_eq!(servers.parse::<BrokerKind>().unwrap(), BrokerKind::External(servers.to_owned()));
        let error = "redpanda".parse::<BrokerKind>().unwrap_err().to_string();
        assert!(error.contains("choose embedded, kafka, compose"), "{error}");
    }
}
