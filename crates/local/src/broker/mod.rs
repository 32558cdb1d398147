//! The Kafka broker behind everything: one inside this process, Apache Kafka from its jars, Redpanda in a
//! container, or one that already runs. All listen on 127.0.0.1 only, on ports the operating system chose.

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

/// Which broker to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokerKind {
    /// librdkafka's mock cluster in this process: nothing to install, and other processes can connect. It silently
    /// forgets the oldest records beyond 5 MiB or 100,000 message sets per partition, answers every lookup by
    /// time with the end, and forgets everything at exit.
    Embedded,
    /// Apache Kafka in `KRaft` mode. Needs Java 17, and `mvn` once, to fetch its jars into the user's cache. Its data
    /// is removed when it stops.
    Kafka,
    /// Redpanda from `infra/compose.yaml`. Needs a Docker engine.
    Compose,
    /// One that runs already; these are its bootstrap servers, `host:port` separated by commas.
    External(String),
}

impl FromStr for BrokerKind {
    type Err = StartError;

    /// `embedded`, `kafka`, `compose`, or bootstrap servers (which always have a colon).
    fn from_str(text: &str) -> Result<Self, StartError> {
        match text {
            "embedded" => Ok(Self::Embedded),
            "kafka" => Ok(Self::Kafka),
            "compose" => Ok(Self::Compose),
            servers if servers.contains(':') => Ok(Self::External(servers.to_owned())),
            other => Err(StartError::Setting(format!(
                "there is no broker {other}; choose embedded, kafka, compose, or the host:port of one that runs"
            ))),
        }
    }
}

/// A topic to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// Its number of partitions.
    pub partitions: i32,
}

/// A broker that answers. [`Broker::stop`] or dropping it ends what [`Broker::start`] started.
pub struct Broker {
    bootstrap_servers: String,
    running: Running,
}

/// What has to be ended.
enum Running {
    Embedded(Embedded),
    Kafka(Kafka),
    /// In this order: its file is needed to take it down.
    Compose(Compose, TempDir),
    External,
}

impl Broker {
    /// Starts it and waits until it answers. `progress` is told about steps that take longer than two seconds.
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

    /// `host:port`, separated by commas.
    #[must_use]
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// Creates the topics that do not exist yet; an existing one is left as it is.
    pub async fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), StartError> {
        match &self.running {
            Running::Embedded(embedded) => embedded.create_topics(topics),
            _ => admin::create_topics(&self.bootstrap_servers, topics).await,
        }
    }

    /// Ends it, and returns when nothing of it is left.
    pub async fn stop(self) {
        match self.running {
            Running::Kafka(kafka) => kafka.stop().await,
            Running::Compose(compose, _folder) => compose.stop().await,
            Running::Embedded(_) | Running::External => {}
        }
    }
}

/// infra/compose.yaml as a file, wherever this program runs, and the temporary folder that it lives in.
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
