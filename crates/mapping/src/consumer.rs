//! The mapping's consumer, a member of its consumer group.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::consumer::base_consumer::BaseConsumer;
use rdkafka::consumer::stream_consumer::StreamConsumer;
use rdkafka::consumer::{CommitMode, Consumer, ConsumerContext};
use rdkafka::error::KafkaResult;
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList, TopicPartitionListElem};
use rdkafka::types::RDKafkaRespErr;
use tidings_trigger::{Mapping, StartingPosition};
use tokio::sync::mpsc::UnboundedSender;

use super::machine::Machine;

/// The time limit for offset queries.
const QUERY_TIMEOUT: Duration = Duration::from_secs(10);

/// Partitions that the group assigns to this member. They are read once `assign` is called.
#[derive(Clone)]
pub(super) struct Assignment {
    pub(super) partitions: Vec<i32>,
    /// The number of the rebalance. A later rebalance invalidates the assignment.
    rebalance: u64,
}

/// The offset from which a partition is read.
pub(super) struct Start {
    pub(super) partition: i32,
    pub(super) offset: i64,
    /// Whether the group has committed this offset, so that `StartingPosition` was not used.
    pub(super) committed: bool,
}

pub(super) type GroupConsumer = StreamConsumer<GroupContext>;

/// Connects the consumer group's callbacks with the machine.
pub(super) struct GroupContext {
    topic: String,
    machine: Arc<Mutex<Machine>>,
    assignments: UnboundedSender<Assignment>,
    rebalances: AtomicU64,
    ends: UnboundedSender<Ends>,
}

/// The end offset of each partition that is read, as last reported by the broker.
pub(super) type Ends = Vec<(i32, i64)>;

impl GroupContext {
    /// Whether the assignment is still valid: no later rebalance has happened.
    pub(super) fn holds(&self, assignment: &Assignment) -> bool {
        self.rebalances.load(Ordering::SeqCst) == assignment.rebalance
    }
}

impl ClientContext for GroupContext {
    fn stats(&self, statistics: Statistics) {
        let Some(topic) = statistics.topics.get(&self.topic) else { return };
        let partitions = topic.partitions.values().filter(|partition| partition.hi_offset >= 0);
        let _ =
            self.ends.send(partitions.map(|partition| (partition.partition, partition.hi_offset)).collect());
    }
}

impl ConsumerContext for GroupContext {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let numbers: Vec<i32> = partitions.elements().iter().map(TopicPartitionListElem::partition).collect();
        let rebalance = self.rebalances.fetch_add(1, Ordering::SeqCst) + 1;
        if event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            // Looking up the offsets would block here. librdkafka waits for `assign`.
            let _ = self.assignments.send(Assignment { partitions: numbers, rebalance });
            return;
        }
        // Commit settled records while the partitions are still owned, and drop the rest before another member
        // can read it.
        let commits = {
            let mut machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
            numbers
                .into_iter()
                .filter_map(|number| Some((number, machine.revoke(number)?)))
                .collect::<Vec<_>>()
        };
        if !consumer.assignment_lost()
            && let Err(error) = commit(consumer, &self.topic, &commits, CommitMode::Async)
        {
            tracing::warn!(%error, kafka.topic = self.topic, "settled records could not be committed on a rebalance");
        }
        if let Err(error) = consumer.unassign() {
            tracing::warn!(%error, kafka.topic = self.topic, "revoked partitions could not be unassigned");
        }
    }
}

pub(super) fn create(
    spec: &Mapping,
    bootstrap_servers: &str,
    machine: Arc<Mutex<Machine>>,
    assignments: UnboundedSender<Assignment>,
    ends: UnboundedSender<Ends>,
) -> KafkaResult<GroupConsumer> {
    let (topic, rebalances) = (spec.topic.clone(), AtomicU64::new(0));
    let context = GroupContext { topic, machine, assignments, rebalances, ends };
    // Only used if retention removes an offset while it is read; start offsets are looked up.
    let latest = matches!(spec.starting_position, StartingPosition::Latest);
    let reset = if latest { "latest" } else { "earliest" };
    let consumer: GroupConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap_servers)
        .set("client.id", &spec.id)
        .set("group.id", &spec.consumer_group_id)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", reset)
        .set("session.timeout.ms", "10000")
        // How often the lag is reported.
        .set("statistics.interval.ms", "1000")
        // How soon new partitions are discovered.
        .set("topic.metadata.refresh.interval.ms", "10000")
        // The embedded broker responds to an empty fetch only after this time, even if records arrive meanwhile.
        .set("fetch.wait.max.ms", "50")
        // Per partition. The machine buffers too, so librdkafka does not need its default of 64 MB.
        .set("queued.max.messages.kbytes", "8192")
        .set("fetch.queue.backoff.ms", "20")
        .create_with_context(context)?;
    consumer.subscribe(&[&spec.topic])?;
    Ok(consumer)
}

/// Commits offsets. An empty list is a success.
pub(super) fn commit<C: Consumer<GroupContext>>(
    consumer: &C,
    topic: &str,
    offsets: &[(i32, i64)],
    mode: CommitMode,
) -> KafkaResult<()> {
    if offsets.is_empty() {
        return Ok(());
    }
    consumer.commit(
        &list(topic, offsets.iter().map(|(number, offset)| (*number, Offset::Offset(*offset))))?,
        mode,
    )
}

/// A list of partitions with offsets.
pub(super) fn list(
    topic: &str,
    partitions: impl IntoIterator<Item = (i32, Offset)>,
) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (number, offset) in partitions {
        list.add_partition_offset(topic, number, offset)?;
    }
    Ok(list)
}

/// The start offset of each partition: the committed offset, or the starting position if there is none or if retention
/// has removed the record at that offset (AWS, What's New of 21 June 2023 on starting timestamps for Kafka). Blocks.
pub(super) fn starts(
    consumer: &GroupConsumer,
    topic: &str,
    position: &StartingPosition,
    partitions: &[i32],
) -> KafkaResult<Vec<Start>> {
    let mut starts = Vec::new();
    for (partition, committed) in committed(consumer, topic, partitions)? {
        let (low, high) = consumer.fetch_watermarks(topic, partition, QUERY_TIMEOUT)?;
        let committed = committed.filter(|offset| (low..=high).contains(offset));
        let offset = match committed {
            Some(offset) => offset,
            None => first_offset(consumer, topic, position, partition, (low, high))?,
        };
        starts.push(Start { partition, offset, committed: committed.is_some() });
    }
    Ok(starts)
}

fn first_offset(
    consumer: &GroupConsumer,
    topic: &str,
    position: &StartingPosition,
    partition: i32,
    (low, high): (i64, i64),
) -> KafkaResult<i64> {
    let StartingPosition::AtTimestamp(time) = position else {
        return Ok(if matches!(position, StartingPosition::Latest) { high } else { low });
    };
    let times = list(topic, [(partition, Offset::Offset(time.as_millisecond()))])?;
    let found = consumer.offsets_for_times(times, QUERY_TIMEOUT)?;
    // Without a record at or after the time, start at the end.
    Ok(found.find_partition(topic, partition).and_then(|found| exact(found.offset())).unwrap_or(high))
}

/// The group's committed offset of each partition, if it has one. Blocks.
fn committed(
    consumer: &GroupConsumer,
    topic: &str,
    partitions: &[i32],
) -> KafkaResult<Vec<(i32, Option<i64>)>> {
    let asked = list(topic, partitions.iter().map(|number| (*number, Offset::Invalid)))?;
    let known = consumer.committed_offsets(asked, QUERY_TIMEOUT)?;
    known
        .elements_for_topic(topic)
        .iter()
        .map(|element| {
            element.error()?;
            Ok((element.partition(), exact(element.offset())))
        })
        .collect()
}

fn exact(offset: Offset) -> Option<i64> {
    match offset {
        Offset::Offset(offset) => Some(offset),
        _ => None,
    }
}

/// The consumer group's lag in one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionLag {
    /// The partition's number.
    pub partition: i32,
    /// The number of offsets between the committed offset and the end.
    pub lag: u64,
}

/// The group's lag in every partition of the topic. Blocks.
pub(super) fn lag(consumer: &GroupConsumer, topic: &str) -> KafkaResult<Vec<PartitionLag>> {
    let metadata = consumer.fetch_metadata(Some(topic), QUERY_TIMEOUT)?;
    let partitions: Vec<i32> = metadata
        .topics()
        .iter()
        .flat_map(|topic| topic.partitions().iter().map(rdkafka::metadata::MetadataPartition::id))
        .collect();
    let mut lags = Vec::new();
    for (partition, committed) in committed(consumer, topic, &partitions)? {
        let (low, high) = consumer.fetch_watermarks(topic, partition, QUERY_TIMEOUT)?;
        // Without a commit, count from the oldest record. Retention may also have removed records after the
        // committed offset.
        let from = committed.map_or(low, |offset| offset.max(low));
        lags.push(PartitionLag { partition, lag: u64::try_from(high - from).unwrap_or(0) });
    }
    Ok(lags)
}
