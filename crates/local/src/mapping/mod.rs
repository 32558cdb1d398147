//! Lambda's event source mapping for Kafka: reads one topic in one consumer group, forms batches as AWS does,
//! invokes the function over the Lambda Invoke API and commits what it settled.
//!
//! The decisions are in [`machine`], which has no input or output of its own; `poller` moves records, answers
//! and time in and out of it. What the observer is told is not logged again. A record is lost only with an event, where
//! no failure destination takes it.
//!
//! Not imitated: schema registries. A topic that ends in an aborted or committed transaction's control record never
//! reads as settled.

mod backoff;
pub mod batch;
mod consumer;
pub mod destination;
mod encode;
pub mod event;
pub mod invoke;
pub mod machine;
mod pace;
mod partition;
pub mod payload;
mod poller;
mod reader;
pub mod record;
pub mod response;
mod rules;
mod scaling;
mod worker;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::template::Mapping;
pub use batch::Condition;
use consumer::GroupConsumer;
pub use consumer::PartitionLag;
use destination::FailureDestination;
pub use event::{FunctionFailure, MappingEvent, Observer};
use invoke::Invoker;
use machine::Machine;
use payload::Envelope;
use poller::Poller;
use reader::{Reader, Readers};
pub use record::Position;
use scaling::Scaling;
use worker::Worker;

/// How long a broker that cannot answer yet is left alone.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// How soon commits of the group's other members are seen.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What a mapping connects.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The brokers, `host:port` separated by commas; payloads name them too.
    pub bootstrap_servers: String,
    /// Base URL of a Lambda Invoke API.
    pub invoke_endpoint: String,
    /// Base URL of the AWS emulator, for failure destinations.
    pub aws_endpoint: String,
}

/// A mapping cannot start, or cannot tell its lag.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// A failure destination that cannot be used.
    #[error("the failure destination {destination} cannot be used: {reason}")]
    Destination {
        /// As the template has it.
        destination: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// Not a valid base URL.
    #[error("the {name} {url} is not a base URL; give one like http://127.0.0.1:9001")]
    Endpoint {
        /// Which endpoint.
        name: &'static str,
        /// What was given.
        url: String,
    },
    /// The HTTP client could not be built.
    #[error("the HTTP client cannot be set up: {0}")]
    Http(#[from] reqwest::Error),
    /// Kafka cannot be asked or read.
    #[error("topic {topic} cannot be read: {source}; check that the broker runs and has the topic")]
    Kafka {
        /// The topic.
        topic: String,
        /// What librdkafka said.
        source: KafkaError,
    },
    /// The mapping's task has ended.
    #[error("the mapping of topic {topic} has stopped; start it again")]
    Stopped {
        /// The topic.
        topic: String,
    },
}

/// A running mapping. Dropping it stops it without waiting for invocations under way; their records come again. A tokio
/// runtime that is dropped then may wait without end for a commit to a broker that is gone:
/// [`shutdown_background`](tokio::runtime::Runtime::shutdown_background) does not.
#[derive(Debug)]
pub struct EventSourceMapping {
    topic: String,
    consumer: std::sync::Weak<GroupConsumer>,
    commits: watch::Receiver<u64>,
    stop: oneshot::Sender<Duration>,
    task: JoinHandle<()>,
}

impl EventSourceMapping {
    /// Starts a mapping on the current Tokio runtime, whatever its `enabled` says: whether to start it is the
    /// caller's decision. The topic may be created later; the observer is told when partitions are assigned.
    pub fn start(spec: &Mapping, connection: &Connection, observer: Observer) -> Result<Self, MappingError> {
        let envelope = Envelope::new(&spec.topic, &spec.source, &connection.bootstrap_servers);
        let seed = uuid::Uuid::new_v4().as_u64_pair().0;
        let machine = Arc::new(Mutex::new(Machine::new(rules::rules(spec), envelope.clone(), seed)));
        let worker = Arc::new(worker(spec, connection, envelope)?);
        let (assignment_sender, assignments) = mpsc::unbounded_channel();
        let (end_sender, ends) = mpsc::unbounded_channel();
        let consumer = consumer::create(
            spec,
            &connection.bootstrap_servers,
            Arc::clone(&machine),
            assignment_sender,
            end_sender,
        )
        .map_err(|source| MappingError::Kafka { topic: spec.topic.clone(), source })?;
        let consumer = Arc::new(consumer);
        let (commit_count, commits) = watch::channel(0);
        let (stop, stopped) = oneshot::channel();
        let weak = Arc::downgrade(&consumer);
        let reader = Reader {
            machine: Arc::clone(&machine),
            filters: spec.filters.clone(),
            observer: Arc::clone(&observer),
            arrived: Notify::new(),
        };
        let poller = Poller {
            topic: spec.topic.clone(),
            starting_position: spec.starting_position,
            machine,
            consumer,
            assignments,
            ends,
            readers: Readers::new(reader),
            scaling: Scaling::new(spec, Instant::now()),
            worker,
            observer,
            commits: commit_count,
        };
        let task = tokio::spawn(poller.run(stopped));
        Ok(Self { topic: spec.topic.clone(), consumer: weak, commits, stop, task })
    }

    /// How far the group's committed offsets are behind the end of each partition.
    pub async fn lag(&self) -> Result<Vec<PartitionLag>, MappingError> {
        let stopped = || MappingError::Stopped { topic: self.topic.clone() };
        let consumer = self.consumer.upgrade().ok_or_else(stopped)?;
        let topic = self.topic.clone();
        let lag = spawn_blocking(move || consumer::lag(&consumer, &topic)).await.map_err(|_| stopped())?;
        lag.map_err(|source| MappingError::Kafka { topic: self.topic.clone(), source })
    }

    /// Waits until the group has committed all that the topic holds. What is published before the call is
    /// waited for.
    pub async fn settled(&self) -> Result<(), MappingError> {
        let mut commits = self.commits.clone();
        loop {
            commits.mark_unchanged();
            match self.lag().await {
                Ok(lag) if lag.iter().all(|partition| partition.lag == 0) => return Ok(()),
                Ok(_) => {}
                Err(MappingError::Kafka { source, .. }) if is_passing(&source) => {
                    tokio::time::sleep(ASK_AGAIN_AFTER).await;
                    continue;
                }
                Err(error) => return Err(error),
            }
            // Whatever is missing ends in a commit, which may be another member's.
            if let Ok(own) = timeout(LOOK_AGAIN_AFTER, commits.changed()).await {
                own.map_err(|_| MappingError::Stopped { topic: self.topic.clone() })?;
            }
        }
    }

    /// Waits until the mapping ends without being stopped, by a panic.
    pub async fn ended(&mut self) {
        // The panic was told where it happened.
        let _ = (&mut self.task).await;
    }

    /// Stops: waits up to `limit` for invocations under way, commits what is settled and leaves the group.
    pub async fn stop(self, limit: Duration) {
        // Either fails only if the task has ended already.
        let _ = self.stop.send(limit);
        if !self.task.is_finished() {
            let _ = self.task.await;
        }
    }
}

/// Whether a broker says this while it starts, or moves a group's coordinator.
fn is_passing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{
        CoordinatorLoadInProgress, CoordinatorNotAvailable, LeaderNotAvailable, NotCoordinator,
        NotLeaderForPartition, OperationTimedOut, RequestTimedOut,
    };
    matches!(
        error.rdkafka_error_code(),
        Some(
            CoordinatorLoadInProgress
                | CoordinatorNotAvailable
                | LeaderNotAvailable
                | NotCoordinator
                | NotLeaderForPartition
                | OperationTimedOut
                | RequestTimedOut
        )
    )
}

fn worker(spec: &Mapping, connection: &Connection, envelope: Envelope) -> Result<Worker, MappingError> {
    // Loopback endpoints: a proxy of the environment must not come between.
    let client = reqwest::Client::builder().no_proxy().build()?;
    Ok(Worker {
        destination: FailureDestination::new(client.clone(), spec, connection, envelope.clone())?,
        envelope,
        invoker: Invoker::new(client, &connection.invoke_endpoint, &spec.function)?,
        report_batch_item_failures: spec.report_batch_item_failures,
    })
}
