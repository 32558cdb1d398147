//! The mapping itself: starts what it consists of, tells how far it is, ends.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tidings_trigger::Mapping;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::connection::Connection;
use crate::consumer::{self, GroupConsumer, PartitionLag};
use crate::destination::FailureDestination;
use crate::error::MappingError;
use crate::event::Observer;
use crate::invoke::Invoker;
use crate::machine::Machine;
use crate::payload::Envelope;
use crate::poller::Poller;
use crate::reader::{Reader, Readers};
use crate::rules;
use crate::scaling::Scaling;
use crate::worker::Worker;

/// How long a broker that cannot answer yet is left alone.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// How soon commits of the group's other members are seen.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

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
