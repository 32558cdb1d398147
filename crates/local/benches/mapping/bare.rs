//! A consumer that does nothing with what it reads: the measure of what the broker and librdkafka give.

use std::time::Instant;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::PARTITIONS;

/// A consumer of all partitions of a topic, without a group.
pub fn consumer(bootstrap_servers: &str, topic: &str, from: Offset) -> BaseConsumer {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap_servers)
        .set("group.id", "bare")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    let mut partitions = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        partitions.add_partition_offset(topic, partition, from).unwrap();
    }
    consumer.assign(&partitions).unwrap();
    consumer
}

/// Records per second, from the first to the last.
pub fn read(bootstrap_servers: &str, topic: &str, records: usize) -> f64 {
    let consumer = consumer(bootstrap_servers, topic, Offset::Beginning);
    let mut began = None;
    let mut read = 0;
    while read < records {
        if consumer.poll(None).is_some_and(|message| message.is_ok()) {
            began.get_or_insert_with(Instant::now);
            read += 1;
        }
    }
    as_f64(records) / began.unwrap().elapsed().as_secs_f64()
}

/// Counts are far below what a float holds exactly.
#[allow(clippy::cast_precision_loss)]
pub fn as_f64(count: usize) -> f64 {
    count as f64
}
