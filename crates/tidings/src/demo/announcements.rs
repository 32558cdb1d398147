//! The events that the functions published themselves, read back from the broker.

use std::time::Duration;

use jiff::Timestamp;
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
};

use super::effect::Published;

/// How long the broker may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// All records of a topic, as it stands now. Blocks: call it where that is allowed.
pub fn read_topic(bootstrap_servers: &str, topic: &str) -> Result<Vec<Published>, KafkaError> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap_servers)
        .set("group.id", "tidings-demo-reader")
        .set("enable.auto.commit", "false")
        .create()?;
    let metadata = consumer.fetch_metadata(Some(topic), ANSWER_WITHIN)?;
    let partitions = metadata.topics().iter().flat_map(rdkafka::metadata::MetadataTopic::partitions);
    let mut assignment = TopicPartitionList::new();
    let mut left = 0;
    for partition in partitions.map(rdkafka::metadata::MetadataPartition::id) {
        let (low, high) = consumer.fetch_watermarks(topic, partition, ANSWER_WITHIN)?;
        left += high - low;
        assignment.add_partition_offset(topic, partition, Offset::Beginning)?;
    }
    consumer.assign(&assignment)?;
    let mut records = Vec::new();
    while left > 0 {
        let Some(message) = consumer.poll(ANSWER_WITHIN) else { break };
        let message = message?;
        left -= 1;
        records.push(Published {
            topic: topic.to_owned(),
            partition: message.partition(),
            offset: message.offset(),
            value: message.payload().map(<[u8]>::to_vec),
            at: message
                .timestamp()
                .to_millis()
                .and_then(|at| Timestamp::from_millisecond(at).ok())
                .unwrap_or_default(),
        });
    }
    Ok(records)
}
