//! Tests of Kafka topics as failure destinations, on the embedded broker.

use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::OwnedMessage;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use serde_json::Value;
use tidings_mapping::{Condition, MappingEvent};
use tidings_trigger::Mapping;

use super::{KAFKA, deliver, destination, job, record, to};
use crate::bench::{Bench, Reply, spec, within};

const KAFKA_TOPIC: &str = "dead-letters";

fn cluster(partitions: i32) -> MockCluster<'static, DefaultProducerContext> {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(KAFKA_TOPIC, partitions, 1).unwrap();
    cluster
}

/// The next messages of [`KAFKA_TOPIC`], in the order in which they are found.
async fn dead_letters(bootstrap_servers: &str, partitions: i32, count: usize) -> Vec<OwnedMessage> {
    messages_of(KAFKA_TOPIC, bootstrap_servers, partitions, count).await
}

/// The first messages of a destination topic, in the order in which they are found.
pub async fn messages_of(
    topic: &str,
    bootstrap_servers: &str,
    partitions: i32,
    count: usize,
) -> Vec<OwnedMessage> {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap_servers)
        .set("group.id", "dead-letters")
        .create()
        .unwrap();
    let mut all = TopicPartitionList::new();
    for partition in 0..partitions {
        all.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&all).unwrap();
    let mut messages = Vec::new();
    while messages.len() < count {
        messages.push(within(consumer.recv()).await.unwrap().detach());
    }
    messages
}

fn text(bytes: Option<&[u8]>) -> &str {
    str::from_utf8(bytes.unwrap()).unwrap()
}

#[tokio::test]
async fn a_kafka_topic_gets_each_record_under_its_own_key() {
    let cluster = cluster(1);
    let servers = cluster.bootstrap_servers();
    let destination = destination(KAFKA, &servers, "");
    let key = r#","key":"/8M=""#;
    deliver(&destination, &job(vec![record(7, key), record(9, ""), record(10, r#","key":"""#)]))
        .await
        .unwrap();
    let messages = dead_letters(&servers, 1, 3).await;
    let keys: Vec<_> = messages.iter().map(Message::key).collect();
    assert_eq!(keys, [Some(&[0xFF, 0xC3][..]), None, Some(&[][..])]);
    assert!(messages.iter().all(|message| message.headers().is_none()));
    let arn = "arn:aws:kafka:us-east-1:000000000000:cluster/local/1";
    let event = format!(
        concat!(
            r#"{{"eventSource":"aws:kafka","eventSourceArn":"{}","bootstrapServers":"{}","records":"#,
            r#"{{"transfer.made-2":[{{"topic":"transfer.made","partition":2,"offset":7,"key":"/8M="}}]}}}}"#
        ),
        arn, servers
    );
    let expected = format!(
        concat!(
            r#"{{"requestContext":{{"requestId":"8a2c","#,
            r#""functionArn":"arn:aws:lambda:us-east-1:000000000000:function:notify:$LATEST","#,
            r#""condition":"RetriesExhausted","approximateInvokeCount":2}},"#,
            r#""responseContext":{{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"}},"#,
            r#""version":"1.0","timestamp":"2026-01-02T03:04:05.678Z","KafkaBatchInfo":{{"batchSize":1,"#,
            r#""eventSourceArn":"{}","bootstrapServers":"{}","payloadSize":{},"#,
            r#""recordInfo":{{"offset":"7","timestamp":"1970-01-01T00:00:00.000Z"}}}},"payload":{}}}"#
        ),
        arn,
        servers,
        event.len(),
        event
    );
    assert_eq!(text(messages[0].payload()), expected);
}

#[tokio::test]
async fn keys_go_to_the_partition_that_javas_clients_choose() {
    let cluster = cluster(5);
    let servers = cluster.bootstrap_servers();
    let destination = destination(KAFKA, &servers, "");
    // Kafka's Utils.murmur2 of "21" and "foobar" is -973932308 and -790332482 (according to its UtilsTest).
    // BuiltInPartitioner makes these positive and takes the remainder modulo 5.
    let records = vec![record(1, r#","key":"MjE=""#), record(2, r#","key":"Zm9vYmFy""#)];
    deliver(&destination, &job(records)).await.unwrap();
    let mut found: Vec<_> = dead_letters(&servers, 5, 2)
        .await
        .iter()
        .map(|message| (text(message.key()).to_owned(), message.partition()))
        .collect();
    found.sort();
    let partition = |hash: i32| (hash & i32::MAX) % 5;
    assert_eq!(
        found,
        [("21".to_owned(), partition(-973_932_308)), ("foobar".to_owned(), partition(-790_332_482))]
    );
}

#[tokio::test]
async fn a_batch_larger_than_the_limit_of_unacknowledged_messages_keeps_its_order() {
    let cluster = cluster(1);
    let servers = cluster.bootstrap_servers();
    let destination = destination(KAFKA, &servers, "");
    deliver(&destination, &job((0..1200).map(|offset| record(offset, "")).collect())).await.unwrap();
    let offsets: Vec<_> = dead_letters(&servers, 1, 1200)
        .await
        .iter()
        .map(|message| serde_json::from_slice::<Value>(message.payload().unwrap()).unwrap())
        .map(|message| message["KafkaBatchInfo"]["recordInfo"]["offset"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(offsets, (0..1200).map(|offset| offset.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_kafka_topic_that_rejects_is_an_error_until_it_accepts() {
    let cluster = cluster(1);
    let servers = cluster.bootstrap_servers();
    let destination = destination(KAFKA, &servers, "");
    let job = job(vec![record(7, "")]);
    cluster.request_errors(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE]);
    let refused = deliver(&destination, &job).await.unwrap_err().to_string();
    assert!(refused.contains("topic dead-letters") && refused.contains("max.message.bytes"), "{refused}");
    deliver(&destination, &job).await.unwrap();
    assert_eq!(dead_letters(&servers, 1, 1).await.len(), 1);
}

#[tokio::test]
async fn a_record_too_large_for_the_destination_topic_is_dropped() {
    let cluster = cluster(1);
    let mut bench = Bench::on_mock(&cluster, [Reply::error(), Reply::ok()]);
    for value in ["a", "b"] {
        bench.publish(0, value).await;
    }
    cluster.request_errors(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE]);
    let spec = Mapping { batch_size: 1, maximum_retry_attempts: Some(0), ..to(KAFKA, spec()) };
    let mapping = bench.start(&spec);
    let dropped = bench.event(|event| matches!(event, MappingEvent::Dropped { .. })).await;
    let MappingEvent::Dropped { records, .. } = dropped else { unreachable!() };
    assert_eq!((records.len(), records[0].offset), (1, 0));
    within(mapping.settled()).await.unwrap();
    assert_eq!(bench.invoked().await, [(0, 0)]);
    assert_eq!(bench.invoked().await, [(0, 1)]);
}

#[tokio::test]
async fn a_record_too_large_for_a_payload_also_goes_to_a_kafka_topic() {
    let mut bench = Bench::new(1, [Reply::error()]).await;
    let servers = bench.servers.clone();
    bench.create_topic_named(KAFKA_TOPIC, 1).await;
    bench.publish(0, "small").await;
    let tried_once = Mapping { maximum_retry_attempts: Some(0), ..to(KAFKA, spec()) };
    let mapping = bench.start(&tried_once);
    within(mapping.settled()).await.unwrap();
    // Read before the next one is sent, because the embedded broker drops records over 5 MiB in total.
    let message = dead_letters(&servers, 1, 1).await.remove(0);
    let body: Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
    assert_eq!(body["KafkaBatchInfo"]["recordInfo"]["offset"], "0");
    assert_eq!(body["payload"]["records"][format!("{}-0", bench.topic)][0]["value"], "c21hbGw=");
    assert_eq!(message.key(), Some(&b"k"[..]));
    bench.publish(0, &"x".repeat(4_800_000)).await;
    let too_large = |event: &MappingEvent| {
        matches!(event, MappingEvent::Delivered { condition: Condition::MaximumPayloadSizeExceeded, .. })
    };
    bench.event(too_large).await;
    within(mapping.settled()).await.unwrap();
    assert_eq!(bench.invoked().await, [(0, 0)]);
    bench.no_more_invocations();
}
