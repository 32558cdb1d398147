//! The mapping's main task, which connects Kafka, the function and the machine.

mod commits;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::StreamExt;
use jiff::Timestamp;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::Offset;
use tidings_trigger::StartingPosition;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant as TokioInstant, sleep_until, timeout, timeout_at};

use super::batch::{Action, Outcome};
use super::consumer::{self, Assignment, Ends, GroupConsumer, Start};
use super::event::{MappingEvent, Observer};
use super::machine::{Machine, Now};
use super::pace::Pace;
use super::reader::Readers;
use super::scaling::Scaling;
use super::worker::{Report, Worker};

/// The delay before failed commits or assignments are retried.
const KAFKA_RETRY: Duration = Duration::from_millis(500);

/// The time limit for committing the last offsets and leaving the group.
const LEAVE_LIMIT: Duration = Duration::from_secs(10);

/// The state of the task.
pub(super) struct Poller {
    pub(super) topic: String,
    pub(super) starting_position: StartingPosition,
    pub(super) machine: Arc<Mutex<Machine>>,
    pub(super) consumer: Arc<GroupConsumer>,
    pub(super) assignments: UnboundedReceiver<Assignment>,
    pub(super) ends: UnboundedReceiver<Ends>,
    pub(super) readers: Readers,
    pub(super) scaling: Scaling,
    pub(super) worker: Arc<Worker>,
    pub(super) observer: Observer,
    /// Counts acknowledged commits.
    pub(super) commits: watch::Sender<u64>,
}

/// The result of a background task.
enum Done {
    Batch(Report),
    Starts(Assignment, KafkaResult<Vec<Start>>),
    Commit(Vec<(i32, i64)>, KafkaResult<()>),
}

/// The running background tasks and pending retries.
#[derive(Default)]
struct Background {
    tasks: JoinSet<Done>,
    pace: Pace,
    refused_commits: BTreeSet<i32>,
    unlocated: Option<Assignment>,
    retry_at: Option<Instant>,
}

impl Background {
    fn retry_soon(&mut self) {
        self.retry_at.get_or_insert_with(|| Instant::now() + KAFKA_RETRY);
    }
}

impl Poller {
    /// Runs until `stop` receives a limit or its sender is dropped. Then waits up to the limit for running
    /// invocations, commits, and leaves the group.
    pub(super) async fn run(mut self, mut stop: oneshot::Receiver<Duration>) {
        self.observe(&MappingEvent::Started);
        let mut background = Background::default();
        let consumer = Arc::clone(&self.consumer);
        // Records arrive through the partitions' queues. This stream only has errors and runs the group's callbacks
        // while it is polled.
        let mut group = consumer.stream();
        let reader = Arc::clone(&self.readers.reader);
        let limit = loop {
            let wake_at = self.decide(&mut background);
            tokio::select! {
                limit = &mut stop => break limit.unwrap_or_default(),
                Some(message) = group.next() => match message {
                    Err(error) => reader.failed(&error),
                    Ok(message) => astray(&message),
                },
                () = reader.arrived.notified() => {}
                panic = self.readers.panicked() => std::panic::resume_unwind(panic),
                Some(done) = background.tasks.join_next() => match done {
                    Ok(done) => self.finish(done, &mut background).await,
                    // A batch without an outcome would silently block its partitions, so propagate the panic.
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                },
                Some(assignment) = self.assignments.recv() => self.locate(assignment, &mut background),
                Some(ends) = self.ends.recv() => self.tell_lag(&ends),
                () = sleep_until_or_forever(wake_at) => {}
            }
        };
        drop(group);
        drop(consumer);
        self.wind_down(limit, background).await;
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn observe(&self, event: &MappingEvent) {
        (self.observer)(event);
    }

    /// Starts everything that is due. Returns when to check again.
    fn decide(&self, background: &mut Background) -> Option<Instant> {
        let at = Instant::now();
        if background.retry_at.is_some_and(|retry| retry <= at) {
            background.retry_at = None;
            let refused: Vec<i32> = std::mem::take(&mut background.refused_commits).into_iter().collect();
            self.machine().commit_failed(&refused);
            if let Some(assignment) = background.unlocated.take() {
                self.locate(assignment, background);
            }
        }
        let now = Now { at, unix_millis: Timestamp::now().as_millisecond() };
        let (actions, resumable, wake_at) = {
            let mut machine = self.machine();
            let actions: Vec<Action> = std::iter::from_fn(|| machine.next(now)).collect();
            (actions, machine.take_resumable(), machine.wake_at())
        };
        for action in actions {
            self.act(action, background);
        }
        self.readers.resume(&resumable);
        self.commit(background, at);
        wake_at.into_iter().chain(background.retry_at).chain(background.pace.wake_at(at)).min()
    }

    fn act(&self, action: Action, background: &mut Background) {
        if let Action::Invoke(job) = &action {
            self.observe(&MappingEvent::Invoked { batch: job.batch, records: job.positions() });
        }
        let worker = Arc::clone(&self.worker);
        background.tasks.spawn(async move { Done::Batch(worker.perform(action).await) });
    }

    /// Looks up the start offsets of the partitions.
    fn locate(&self, assignment: Assignment, background: &mut Background) {
        let consumer = Arc::clone(&self.consumer);
        let (topic, position) = (self.topic.clone(), self.starting_position);
        background.tasks.spawn_blocking(move || {
            let starts = consumer::starts(&consumer, &topic, &position, &assignment.partitions);
            Done::Starts(assignment, starts)
        });
    }

    async fn finish(&mut self, done: Done, background: &mut Background) {
        match done {
            Done::Batch(report) => self.finish_batch(report),
            Done::Commit(commits, result) => self.committed(commits, result, background),
            // A later rebalance has made this assignment obsolete.
            Done::Starts(assignment, _) if !self.consumer.context().holds(&assignment) => {}
            Done::Starts(assignment, starts) => {
                let assigned = match starts {
                    Ok(starts) => self.assign(&starts).await,
                    Err(error) => Err(error),
                };
                if let Err(error) = assigned {
                    self.readers.reader.failed(&error);
                    background.unlocated = Some(assignment);
                    background.retry_soon();
                }
            }
        }
    }

    async fn assign(&mut self, starts: &[Start]) -> KafkaResult<()> {
        // The running readers belong to the previous assignment.
        self.readers.stop().await;
        // Split the queues before the partitions are assigned, so that no record arrives on the main stream.
        let queue = |start: &Start| {
            let queue = self.consumer.split_partition_queue(&self.topic, start.partition);
            let missing = || format!("partition {} has no separate queue", start.partition);
            Ok((start.partition, queue.ok_or_else(|| KafkaError::Subscription(missing()))?))
        };
        let queues = starts.iter().map(queue).collect::<KafkaResult<Vec<_>>>()?;
        let offsets = starts.iter().map(|start| (start.partition, Offset::Offset(start.offset)));
        self.consumer.assign(&consumer::list(&self.topic, offsets)?)?;
        for start in starts {
            self.machine().assign(start.partition, start.offset, start.committed);
        }
        // The observer must see the assignment before any of its records.
        self.observe(&MappingEvent::Assigned(starts.iter().map(|start| start.partition).collect()));
        for (partition, queue) in queues {
            self.readers.start(partition, queue);
        }
        Ok(())
    }

    fn finish_batch(&mut self, report: Report) {
        for event in &report.events {
            if matches!(event, MappingEvent::Throttled { .. }) {
                self.scaling.note_throttle();
            }
            self.observe(event);
        }
        let gives_up = matches!(report.outcome, Outcome::GivenUp | Outcome::NotDelivered);
        let again = self.machine().finish(report.batch, report.outcome, Instant::now());
        if !again.is_empty() && !gives_up {
            self.observe(&MappingEvent::Retrying { batch: report.batch, records: again });
        }
    }

    async fn wind_down(mut self, limit: Duration, mut background: Background) {
        let began = Instant::now();
        self.machine().stop();
        self.readers.stop().await;
        let deadline = TokioInstant::now() + limit;
        while let Ok(Some(done)) = timeout_at(deadline, background.tasks.join_next()).await {
            match done {
                Ok(Done::Batch(report)) => self.finish_batch(report),
                Ok(Done::Commit(commits, result)) => self.committed(commits, result, &mut background),
                _ => {}
            }
        }
        let observer = Arc::clone(&self.observer);
        // A broker that is gone must not block the mapping.
        if timeout(LEAVE_LIMIT, self.leave(background)).await.is_err() {
            tracing::warn!("the broker did not respond; records whose commit it missed will be redelivered");
        }
        observer(&MappingEvent::Stopped { waited: began.elapsed() });
    }

    async fn leave(self, mut background: Background) {
        background.tasks.shutdown().await;
        let commits = self.machine().last_commits();
        let told = self.machine().committed();
        let (consumer, topic, observer) = (self.consumer, self.topic, self.observer);
        let last_commit = spawn_blocking(move || {
            let committed = consumer::commit(&*consumer, &topic, &commits, CommitMode::Sync);
            // Leaving the group waits for the broker.
            drop(consumer);
            committed.map(|()| commits)
        });
        match last_commit.await {
            Ok(Ok(commits)) => {
                for (partition, offset) in commits.into_iter().filter(|commit| !told.contains(commit)) {
                    observer(&MappingEvent::Committed { partition, offset });
                }
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the last offsets could not be committed; their records will be redelivered");
            }
            Err(_) => {}
        }
    }
}

/// Panics, because a record that no reader gets would be lost silently: the partition's commits would pass it.
fn astray(message: &impl Message) -> ! {
    let (partition, offset) = (message.partition(), message.offset());
    tracing::error!(
        kafka.partition = partition,
        kafka.offset = offset,
        "a record bypassed its partition's queue"
    );
    panic!("the record {partition}@{offset} bypassed its partition's queue; report this bug");
}

async fn sleep_until_or_forever(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::message::{OwnedMessage, Timestamp};

    #[test]
    #[should_panic(expected = "the record 2@15 bypassed its partition's queue")]
    fn a_record_that_bypasses_its_partitions_queue_stops_the_mapping() {
        super::astray(&OwnedMessage::new(None, None, "t".to_owned(), Timestamp::NotAvailable, 2, 15, None));
    }
}
