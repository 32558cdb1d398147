//! Reads partitions into the machine, each through a separate queue.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures::{FutureExt, StreamExt};
use rdkafka::consumer::MessageStream;
use rdkafka::consumer::stream_consumer::StreamPartitionQueue;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::{BorrowedMessage, Message};
use tidings_trigger::filter::Pattern;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::consumer::GroupContext;
use super::encode::{encode, encode_one, position};
use super::event::{MappingEvent, Observer};
use super::machine::Machine;

/// How many records, and how many bytes of their keys and values, are passed to the machine at once: enough to be
/// efficient, but few enough to stay responsive.
const RECORDS_AT_ONCE: usize = 500;
const BYTES_AT_ONCE: usize = 64 * 1024;

/// The state shared by the readers of all partitions.
pub(super) struct Reader {
    pub(super) machine: Arc<Mutex<Machine>>,
    /// A record is passed on if one of the filters accepts it, or if there is none.
    pub(super) filters: Vec<Pattern>,
    pub(super) observer: Observer,
    /// Notified when records were read.
    pub(super) arrived: Notify,
}

/// The readers of the owned partitions.
pub(super) struct Readers {
    pub(super) reader: Arc<Reader>,
    tasks: JoinSet<()>,
    /// By partition: notified when the machine has room again.
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

    /// Stops all readers.
    pub(super) async fn stop(&mut self) {
        self.tasks.shutdown().await;
        self.room.clear();
    }

    /// Resumes readers that wait for room in the machine.
    pub(super) fn resume(&self, partitions: &[i32]) {
        for room in partitions.iter().filter_map(|partition| self.room.get(partition)) {
            room.notify_one();
        }
    }

    /// Waits until a reader panics.
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

impl Reader {
    /// Reads until it is aborted. While the machine's buffer is full, it waits for room; then librdkafka's queue of
    /// the partition fills up and fetching stops.
    async fn run(&self, queue: StreamPartitionQueue<GroupContext>, room: Arc<Notify>) {
        let mut messages = queue.stream();
        while let Some(first) = messages.next().await {
            let full = self.hand_over(&self.read(first, &mut messages));
            self.arrived.notify_one();
            if full {
                room.notified().await;
            } else {
                // Reading does not yield by itself while there are records to read.
                tokio::task::yield_now().await;
            }
        }
    }

    /// The first message and those that have arrived since.
    fn read<'q>(
        &self,
        first: KafkaResult<BorrowedMessage<'q>>,
        messages: &mut MessageStream<'q, GroupContext>,
    ) -> Vec<BorrowedMessage<'q>> {
        let mut read = Vec::new();
        let (mut bytes, mut next) = (0, Some(first));
        while let Some(message) = next {
            match message {
                Ok(message) => {
                    bytes += message.key_len() + message.payload_len();
                    read.push(message);
                }
                Err(error) => self.failed(&error),
            }
            let enough = read.len() >= RECORDS_AT_ONCE || bytes >= BYTES_AT_ONCE;
            next = if enough { None } else { messages.next().now_or_never().flatten() };
        }
        read
    }

    /// Reports an error from which librdkafka recovers by itself.
    pub(super) fn failed(&self, error: &KafkaError) {
        (self.observer)(&MappingEvent::KafkaFailed { reason: error.to_string() });
    }

    /// Passes messages to the machine. Returns whether its buffer of the partition is full.
    fn hand_over(&self, messages: &[BorrowedMessage<'_>]) -> bool {
        if messages.is_empty() {
            return false;
        }
        (self.observer)(&MappingEvent::Polled(messages.iter().map(position).collect()));
        let (accepted, refused): (Vec<_>, Vec<_>) =
            messages.iter().partition(|message| self.accepts(message));
        if !refused.is_empty() {
            (self.observer)(&MappingEvent::FilteredOut(refused.into_iter().map(position).collect()));
        }
        let mut records = encode(&accepted).into_iter().peekable();
        let now = Instant::now();
        let mut machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        let mut full = false;
        for position in messages.iter().map(position) {
            match records.next_if(|record| record.position == position) {
                Some(record) => full |= machine.push(record, now),
                None => machine.skip(position),
            }
        }
        full
    }

    fn accepts(&self, message: &BorrowedMessage<'_>) -> bool {
        let accepts = |filter: &Pattern| filter.accepts(message.payload(), || encode_one(message));
        self.filters.is_empty() || self.filters.iter().any(accepts)
    }
}
