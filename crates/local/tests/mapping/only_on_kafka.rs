//! Tests that the embedded broker cannot run. They use Apache Kafka even if `TIDINGS_TEST_BROKER` says otherwise.
//! `scripts/test` leaves them out of its part `unit`, by this module's name, and runs them in its part `mapping`.

mod enabled;

use std::time::Duration;

use jiff::Timestamp;
use rdkafka::Message;
use rdkafka::admin::{AdminOptions, NewPartitions};
use rdkafka::message::{OwnedHeaders, OwnedMessage};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::Value;
use tidings_mapping::{MappingEvent, PartitionLag};
use tidings_trigger::{Mapping, StartingPosition};

use crate::bench::{Bench, QUEUE, Reply, TIMESTAMP, on_demand, spec, whole_batches_of, within};
use crate::destinations::aws::Aws;
use crate::destinations::kafka::messages_of;

/// Removes the records of partition 0 before this offset, as retention does.
async fn expire(bench: &Bench, before: i64) {
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(&bench.topic, 0, Offset::Offset(before)).unwrap();
    let removed = bench.admin().delete_records(&offsets, &AdminOptions::new()).await.unwrap();
    assert!(removed.elements().iter().all(|element| element.error().is_ok()), "{removed:?}");
}

async fn publish_from(bench: &Bench, timestamps: &[i64]) {
    for timestamp in timestamps {
        bench.publish_at(*timestamp, 0, None, Some(b"a"), OwnedHeaders::new()).await;
    }
}

#[tokio::test]
async fn log_append_times_are_passed_on() {
    let settings = [("message.timestamp.type", "LogAppendTime")];
    let mut bench = Bench::on_kafka(1, &settings, [Reply::ok()]).await;
    let before = Timestamp::now().as_millisecond();
    bench.publish(0, "a").await;
    let mapping = bench.start(&spec());
    let payload: Value = serde_json::from_slice(&bench.payload().await).unwrap();
    let record = &payload["records"][format!("{}-0", bench.topic)][0];
    assert_eq!(record["timestampType"], "LOG_APPEND_TIME");
    assert!(record["timestamp"].as_i64().unwrap() >= before);
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn trim_horizon_starts_at_the_oldest_remaining_record() {
    let mut bench = Bench::on_kafka(1, &[], [Reply::ok()]).await;
    publish_from(&bench, &[TIMESTAMP; 4]).await;
    expire(&bench, 2).await;
    let mapping = bench.start(&whole_batches_of(2));
    assert_eq!(bench.invoked().await, [(0, 2), (0, 3)]);
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn at_timestamp_starts_at_the_first_record_that_is_not_older() {
    let mut bench = Bench::on_kafka(1, &[], [Reply::ok()]).await;
    publish_from(&bench, &[1_000_000, 2_000_000, 3_000_000, 4_000_000]).await;
    for (group, second, first) in [("equal", 3000, 2), ("between", 2001, 2), ("before", 1, 0)] {
        let mapping = bench.start(&Mapping {
            starting_position: StartingPosition::AtTimestamp(Timestamp::from_second(second).unwrap()),
            consumer_group_id: group.to_owned(),
            ..whole_batches_of(4 - first)
        });
        let expected: Vec<_> = (first..4).map(|offset| (0, i64::try_from(offset).unwrap())).collect();
        assert_eq!(bench.invoked().await, expected);
        within(mapping.settled()).await.unwrap();
    }
}

#[tokio::test]
async fn at_timestamp_after_the_last_record_starts_at_the_end() {
    let mut bench = Bench::on_kafka(1, &[], [Reply::ok()]).await;
    publish_from(&bench, &[1_000_000]).await;
    let starting_position = StartingPosition::AtTimestamp(Timestamp::from_second(5000).unwrap());
    let mapping = bench.start(&Mapping { starting_position, ..spec() });
    bench.event(|event| matches!(event, MappingEvent::Assigned(_))).await;
    publish_from(&bench, &[6_000_000]).await;
    assert_eq!(bench.invoked().await, [(0, 1)]);
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn the_starting_position_applies_again_after_a_commit_expired() {
    let mut bench = Bench::on_kafka(1, &[], [Reply::ok()]).await;
    publish_from(&bench, &[1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000]).await;
    for group in ["oldest", "time"] {
        bench.commit(group, 0, 1);
    }
    expire(&bench, 2).await;
    let at_4000 = StartingPosition::AtTimestamp(Timestamp::from_second(4000).unwrap());
    for (group, starting_position, first) in
        [("oldest", StartingPosition::TrimHorizon, 2), ("time", at_4000, 3)]
    {
        let consumer_group_id = group.to_owned();
        let mapping =
            bench.start(&Mapping { starting_position, consumer_group_id, ..whole_batches_of(5 - first) });
        let expected: Vec<_> = (first..5).map(|offset| (0, i64::try_from(offset).unwrap())).collect();
        assert_eq!(bench.invoked().await, expected, "{group}");
        within(mapping.settled()).await.unwrap();
    }
}

#[tokio::test]
async fn partitions_may_be_added_later() {
    let mut bench = Bench::on_kafka(1, &[], [Reply::ok()]).await;
    let mapping = bench.start(&spec());
    bench.event(|event| *event == MappingEvent::Assigned(vec![0])).await;
    let more = [NewPartitions::new(&bench.topic, 3)];
    let results = bench.admin().create_partitions(&more, &AdminOptions::new()).await.unwrap();
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    bench.event(|event| matches!(event, MappingEvent::Assigned(all) if all.len() == 3)).await;
    bench.publish(2, "a").await;
    assert_eq!(bench.invoked().await, [(2, 0)]);
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn gaps_from_compaction_do_not_stop_a_mapping() {
    // Two records fill a segment, and only closed segments are compacted.
    let settings =
        [("cleanup.policy", "compact"), ("segment.bytes", "1048576"), ("min.cleanable.dirty.ratio", "0.001")];
    let mut bench = Bench::on_kafka(1, &settings, [Reply::ok()]).await;
    let value = vec![b'x'; 500_000];
    for key in [b"a", b"b", b"a", b"c", b"a", b"d", b"e", b"f"] {
        bench.publish_raw(0, Some(key), Some(&value), OwnedHeaders::new()).await;
    }
    // Only the last record with key a remains. The first pass may have been too early to remove all others.
    let left = [1, 3, 4, 5, 6, 7];
    bench.read_until(|offsets| offsets == left).await;
    let mapping = bench.start(&whole_batches_of(left.len()));
    assert_eq!(bench.invoked().await, left.map(|offset| (0, offset)));
    within(mapping.settled()).await.unwrap();
    assert_eq!(bench.committed("group", 0), Some(8));
    bench.no_more_invocations();
}

#[tokio::test]
async fn records_of_aborted_transactions_are_not_delivered() {
    let mut bench = Bench::on_kafka(1, &[], [Reply::ok()]).await;
    let mapping = bench.start(&whole_batches_of(2));
    bench.publish_in_transaction("aborted", false).await;
    bench.publish_in_transaction("committed", true).await;
    bench.publish(0, "after").await;
    // The marker at the end of each transaction has an offset, too.
    assert_eq!(bench.invoked().await, [(0, 2), (0, 4)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn a_topic_that_ends_in_a_control_record_is_never_settled() {
    let mut bench = Bench::on_kafka(1, &[], [Reply::ok()]).await;
    let mapping = bench.start(&spec());
    bench.publish_in_transaction("committed", true).await;
    assert_eq!(bench.invoked().await, [(0, 0)]);
    bench.event(|event| *event == MappingEvent::Committed { partition: 0, offset: 1 }).await;
    // The commit of the next record passes the end of the transaction.
    assert_eq!(within(mapping.lag()).await.unwrap(), [PartitionLag { partition: 0, lag: 1 }]);
    bench.publish(0, "after").await;
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn read_ahead_of_large_records_is_limited_by_bytes() {
    let mut bench = Bench::on_kafka(1, &[], [Reply::Held, Reply::ok()]).await;
    let megabyte = "x".repeat(1_000_000);
    for _ in 0..40 {
        bench.publish(0, &megabyte).await;
    }
    let mapping = bench.start(&spec());
    let first = bench.invoked().await.len();
    // In base64, ten of them are 12 MB. The last one may be read separately.
    let read = within(bench.read_ahead(first + 10)).await;
    assert!(read <= first + 11, "{read} records were read while the first {first} were under way");
    bench.release(1);
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn every_compression_codec_of_kafka_is_read() {
    for codec in ["gzip", "snappy", "lz4", "zstd"] {
        let mut bench = Bench::on_kafka(1, &[("compression.type", codec)], [Reply::ok()]).await;
        bench.publish(0, &"x".repeat(1000)).await;
        bench.publish(0, codec).await;
        let mapping = bench.start(&whole_batches_of(2));
        assert_eq!(bench.invoked().await, [(0, 0), (0, 1)], "{codec}");
        within(mapping.settled()).await.unwrap();
    }
}

/// Takes up to a minute, nearly all of it backoff. It needs no Kafka, but once is enough.
#[tokio::test]
async fn unlimited_retries_become_ten_with_a_destination() {
    let mut bench = Bench::on_kafka(1, &[], [Reply::error()]).await;
    bench.publish(0, "a").await;
    let mapping = bench.start(&Mapping { on_failure: Some(QUEUE.to_owned()), ..spec() });
    for _ in 0..11 {
        assert_eq!(bench.invoked().await, [(0, 0)]);
    }
    let message = within(bench.messages.recv()).await.unwrap();
    let body: Value = serde_json::from_str(message["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(body["requestContext"]["approximateInvokeCount"], 11);
    within(tokio::time::timeout(Duration::from_secs(50), mapping.settled())).await.unwrap().unwrap();
    bench.no_more_invocations();
}

/// Takes up to a minute, nearly all of it backoff. It needs no Kafka, but once is enough.
#[tokio::test]
async fn delivery_to_a_failing_destination_is_attempted_ten_times() {
    let (mut bench, mut aws) =
        (Bench::on_kafka(1, &[], [Reply::error()]).await, Aws::failing_first(0, &[503; 11]).await);
    bench.publish(0, "a").await;
    let on_failure = Some(QUEUE.to_owned());
    let tried_once = Mapping { maximum_retry_attempts: Some(0), on_failure, ..spec() };
    let mapping = bench.start_with_aws(&tried_once, &aws.endpoint);
    for _ in 0..10 {
        aws.request().await;
    }
    bench.event(|event| matches!(event, MappingEvent::Dropped { .. })).await;
    within(mapping.settled()).await.unwrap();
    assert!(aws.requests.try_recv().is_err());
    assert_eq!(bench.invoked().await, [(0, 0)]);
    bench.no_more_invocations();
}

/// Takes a minute, because the lag is evaluated once a minute. It needs no Kafka, but once is enough.
#[tokio::test]
async fn lag_adds_pollers_to_an_on_demand_mapping() {
    let mut bench = Bench::on_kafka(8, &[], [Reply::Held]).await;
    for partition in 0..8 {
        bench.publish(partition, "x").await;
    }
    let mapping = bench.start(&on_demand(Mapping { batch_size: 1, ..spec() }));
    for _ in 0..5 {
        bench.invoked().await;
    }
    bench.polled(8).await;
    bench.no_more_invocations();
    bench.event(|event| matches!(event, MappingEvent::Scaled { pollers: 2 })).await;
    for _ in 0..3 {
        bench.invoked().await;
    }
    assert_eq!(bench.most_at_once(), 8);
    bench.release(8);
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn a_record_too_large_for_the_destination_topic_does_not_block_others() {
    let mut bench = Bench::on_kafka(1, &[], [Reply::error()]).await;
    let failed = format!("{}-failed", bench.topic);
    bench.create_kafka_topic(&failed, 1, &[("max.message.bytes", "3000")]).await;
    for value in ["first", &"x".repeat(3_000), "third"] {
        bench.publish(0, value).await;
    }
    let mapping = bench.start(&Mapping {
        maximum_retry_attempts: Some(0),
        on_failure: Some(format!("kafka://{failed}")),
        ..whole_batches_of(3)
    });
    bench.event(|event| matches!(event, MappingEvent::Dropped { .. })).await;
    within(mapping.settled()).await.unwrap();
    let offset = |message: &OwnedMessage| {
        let body: Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
        body["KafkaBatchInfo"]["recordInfo"]["offset"].as_str().unwrap().to_owned()
    };
    let messages = messages_of(&failed, &bench.servers, 1, 2).await;
    assert_eq!(messages.iter().map(offset).collect::<Vec<_>>(), ["0", "2"]);
}
