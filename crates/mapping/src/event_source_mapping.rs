//! Starting, observing and stopping a mapping.

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

/// The delay before a broker that cannot respond yet is asked again.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// How often commits of the group's other members are checked.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A running mapping. Dropping it stops it without waiting for running invocations; their records are redelivered. If
/// the broker is gone, dropping the tokio runtime may then block forever on a commit. Use
/// [`shutdown_background`](tokio::runtime::Runtime::shutdown_background) instead.
#[derive(Debug)]
pub struct EventSourceMapping {
    topic: String,
    consumer: std::sync::Weak<GroupConsumer>,
    commits: watch::Receiver<u64>,
    stop: oneshot::Sender<Duration>,
    task: JoinHandle<()>,
}

impl EventSourceMapping {
    /// Starts a mapping on the current tokio runtime. It ignores `enabled`, which is up to the caller. The topic may
    /// be created later; the observer is notified when partitions are assigned.
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

    /// The group's lag in each partition.
    pub async fn lag(&self) -> Result<Vec<PartitionLag>, MappingError> {
        let stopped = || MappingError::Stopped { topic: self.topic.clone() };
        let consumer = self.consumer.upgrade().ok_or_else(stopped)?;
        let topic = self.topic.clone();
        let lag = spawn_blocking(move || consumer::lag(&consumer, &topic)).await.map_err(|_| stopped())?;
        lag.map_err(|source| MappingError::Kafka { topic: self.topic.clone(), source })
    }

    /// Waits until the group has committed all records of the topic, at least those published before the call.
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
            // The missing records end in a commit, possibly by another member.
            if let Ok(own) = timeout(LOOK_AGAIN_AFTER, commits.changed()).await {
                own.map_err(|_| MappingError::Stopped { topic: self.topic.clone() })?;
            }
        }
    }

    /// Waits until the mapping panics.
    pub async fn ended(&mut self) {
        // The panic was already printed.
        let _ = (&mut self.task).await;
    }

    /// Stops the mapping: waits up to `limit` for running invocations, commits settled records and leaves the group.
    pub async fn stop(self, limit: Duration) {
        // Both fail only if the task has already ended.
        let _ = self.stop.send(limit);
        if !self.task.is_finished() {
            let _ = self.task.await;
        }
    }
}

/// Whether the error is temporary: the broker is starting, or the group's coordinator is moving.
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
    // The endpoints are local, so proxies in the environment are ignored.
    let client = reqwest::Client::builder().no_proxy().build()?;
    Ok(Worker {
        destination: FailureDestination::new(client.clone(), spec, connection, envelope.clone())?,
        envelope,
        invoker: Invoker::new(client, &connection.invoke_endpoint, &spec.function)?,
        report_batch_item_failures: spec.report_batch_item_failures,
    })
}
