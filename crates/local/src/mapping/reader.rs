//! Reads partitions into the machine, each through a queue of its own.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{FutureExt, StreamExt};
use rdkafka::consumer::stream_consumer::StreamPartitionQueue;
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::consumer::GroupContext;
use super::event::{MappingEvent, Observer};
use super::machine::Machine;
use super::payload::encode;
use super::record::{Position, Record};
use crate::filter::Pattern;

/// Records handed over to the machine at once: enough to make that cheap, few enough to stay responsive.
const RECORDS_AT_ONCE: usize = 500;

/// What the readers of all partitions share.
pub(super) struct Reader {
    pub(super) machine: Arc<Mutex<Machine>>,
    /// Only records that one of them accepts are handed on; all where there is none.
    pub(super) filters: Vec<Pattern>,
    pub(super) observer: Observer,
    /// Told when records came in.
    pub(super) arrived: Notify,
}

/// The readers of the owned partitions.
pub(super) struct Readers {
    pub(super) reader: Arc<Reader>,
    tasks: JoinSet<()>,
    /// By partition: told when the machine has room again.
    room: BTreeMap<i32, Arc<Notify>>,
}

impl Readers {
    pub(super) fn new(reader: Reader) -> Self {
        Self { reader: Arc::new(reader), tasks: JoinSet::new(), room: BTreeMap::new() }
    }

    pub(super) fn start(&mut self, partition: i32, queue: StreamPartitionQueue<GroupContext>) {
        let (reader, room) = (Arc::clone(&self.reader), Arc::new(Notify::new()));
        self.room.insert(partition, Arc::clone(&room));
        self.tasks.spawn(async move { reader.run(queue, room).await });
    }

    /// Returns when none reads any more.
    pub(super) async fn stop(&mut self) {
        self.tasks.shutdown().await;
        self.room.clear();
    }

    /// Lets those go on that wait for room in the machine.
    pub(super) fn resume(&self, partitions: &[i32]) {
        for room in partitions.iter().filter_map(|partition| self.room.get(partition)) {
            room.notify_one();
        }
    }

    /// Waits until one panics.
    pub(super) async fn panicked(&mut self) -> Box<dyn Any + Send> {
        loop {
            match self.tasks.join_next().await {
                Some(Err(error)) if error.is_panic() => return error.into_panic(),
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }
}

/// A record as the machine takes it.
enum Read {
    Accepted(Record),
    FilteredOut(Position),
}

impl Reader {
    /// Reads until it is aborted. Where the machine has enough of the partition, it waits to be told of room; then
    /// librdkafka's queue of the partition fills up, and no more is fetched.
    async fn run(&self, queue: StreamPartitionQueue<GroupContext>, room: Arc<Notify>) {
        let mut messages = queue.stream();
        while let Some(first) = messages.next().await {
            let mut read: Vec<Read> = self.take(first).into_iter().collect();
            while read.len() < RECORDS_AT_ONCE
                && let Some(Some(message)) = messages.next().now_or_never()
            {
                read.extend(self.take(message));
            }
            let full = self.hand_over(read);
            self.arrived.notify_one();
            if full {
                room.notified().await;
            } else {
                // Reading never waits where there is much to read.
                tokio::task::yield_now().await;
            }
        }
    }

    fn take(&self, message: Result<BorrowedMessage<'_>, KafkaError>) -> Option<Read> {
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                self.failed(&error);
                return None;
            }
        };
        let position = Position { partition: message.partition(), offset: message.offset() };
        (self.observer)(&MappingEvent::Polled(position));
        let accepts = |filter: &Pattern| filter.accepts(message.payload());
        if self.filters.is_empty() || self.filters.iter().any(accepts) {
            return Some(Read::Accepted(encode(&message)));
        }
        (self.observer)(&MappingEvent::FilteredOut(position));
        Some(Read::FilteredOut(position))
    }

    /// Tells of an error that librdkafka recovers from by itself.
    pub(super) fn failed(&self, error: &KafkaError) {
        (self.observer)(&MappingEvent::KafkaFailed { reason: error.to_string() });
    }

    /// Answers whether the machine has enough of the partition.
    fn hand_over(&self, read: Vec<Read>) -> bool {
        let now = std::time::Instant::now();
        let mut machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        let mut full = false;
        for read in read {
            match read {
                Read::Accepted(record) => full |= machine.push(record, now),
                Read::FilteredOut(position) => machine.skip(position),
            }
        }
        full
    }
}
