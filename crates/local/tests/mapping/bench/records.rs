//! Publishes and reads records of the bench's topic, and reads and sets committed offsets.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, StreamConsumer};
use rdkafka::message::{Message as _, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tidings_mapping::MappingEvent;

use super::{ANSWER_LIMIT, Bench, TIMESTAMP, client, within};

/// The interval at which a topic is read while waiting for records.
const READ_AGAIN_AFTER: Duration = Duration::from_millis(500);

impl Bench {
    pub async fn publish(&self, partition: i32, value: &str) {
        self.publish_raw(partition, Some(b"k"), Some(value.as_bytes()), OwnedHeaders::new()).await;
    }

    /// Publishes this number of small records.
    pub async fn publish_many(&self, partition: i32, count: i64) {
        let record = || FutureRecord::<[u8], str>::to(&self.topic).partition(partition).payload("x");
        let deliveries: Vec<_> = (0..count).map(|_| self.producer.send_result(record()).unwrap()).collect();
        for delivery in deliveries {
            within(delivery).await.unwrap().unwrap();
        }
    }

    pub async fn publish_raw(
        &self,
        partition: i32,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: OwnedHeaders,
    ) {
        self.publish_at(TIMESTAMP, partition, key, value, headers).await;
    }

    /// Publishes a record with a timestamp, in milliseconds since the epoch.
    pub async fn publish_at(
        &self,
        timestamp: i64,
        partition: i32,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: OwnedHeaders,
    ) {
        let mut record = FutureRecord::<[u8], [u8]>::to(&self.topic)
            .partition(partition)
            .timestamp(timestamp)
            .headers(headers);
        record.key = key;
        record.payload = value;
        self.producer.send(record, ANSWER_LIMIT).await.unwrap();
    }

    /// Publishes a record to partition 0 in a separate transaction.
    pub async fn publish_in_transaction(&self, value: &str, commit: bool) {
        let producer: FutureProducer = client(&self.servers)
            .set("transactional.id", format!("{}-{value}", self.topic))
            .create()
            .unwrap();
        let (topic, value) = (self.topic.clone(), value.to_owned());
        // Transactions block.
        let transaction = tokio::task::spawn_blocking(move || {
            producer.init_transactions(ANSWER_LIMIT).unwrap();
            producer.begin_transaction().unwrap();
            let record = FutureRecord::<[u8], str>::to(&topic).partition(0).payload(&value);
            let delivery = producer.send_result(record).unwrap();
            // The record must have arrived before the transaction is aborted, or it would be dropped.
            producer.flush(ANSWER_LIMIT).unwrap();
            futures::executor::block_on(delivery).unwrap().unwrap();
            if commit {
                producer.commit_transaction(ANSWER_LIMIT)
            } else {
                producer.abort_transaction(ANSWER_LIMIT)
            }
        });
        within(transaction).await.unwrap().unwrap();
    }

    /// Waits until at least this many records were read, and then long enough for further records to be read. Returns
    /// how many were read.
    pub async fn read_ahead(&mut self, at_least: usize) -> usize {
        let (mut polled, mut lags) = (0, 0);
        while polled < at_least || lags < 2 {
            match self.events.recv().await.unwrap().1 {
                MappingEvent::Polled(records) => polled += records.len(),
                // Reported once a second.
                MappingEvent::Lag(_) if polled >= at_least => lags += 1,
                _ => {}
            }
        }
        polled
    }

    /// Reads partition 0 from its start repeatedly until `wanted` accepts its offsets.
    pub async fn read_until(&self, wanted: impl Fn(&[i64]) -> bool) {
        let reading = async {
            while !wanted(&self.read().await) {
                tokio::time::sleep(READ_AGAIN_AFTER).await;
            }
        };
        within(reading).await;
    }

    /// The offsets in partition 0, up to its end.
    async fn read(&self) -> Vec<i64> {
        let consumer: StreamConsumer = client(&self.servers)
            .set("group.id", self.group("reader"))
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .create()
            .unwrap();
        consumer.assign(&self.offsets(0, Offset::Beginning)).unwrap();
        let mut offsets = Vec::new();
        while let Ok(record) = consumer.recv().await {
            offsets.push(record.offset());
        }
        offsets
    }

    /// A group's committed offset of a partition.
    pub fn committed(&self, group: &str, partition: i32) -> Option<i64> {
        let known = self.offsets(partition, Offset::Invalid);
        match self.member(group).committed_offsets(known, ANSWER_LIMIT).unwrap().elements()[0].offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }
    }

    /// Commits an offset for a group without members.
    pub fn commit(&self, group: &str, partition: i32, offset: i64) {
        let offsets = self.offsets(partition, Offset::Offset(offset));
        self.member(group).commit(&offsets, CommitMode::Sync).unwrap();
    }

    fn member(&self, group: &str) -> BaseConsumer {
        client(&self.servers).set("group.id", self.group(group)).create().unwrap()
    }

    fn offsets(&self, partition: i32, offset: Offset) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, partition, offset).unwrap();
        list
    }
}
