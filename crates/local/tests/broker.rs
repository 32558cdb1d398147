//! Tests that every kind of broker available on this machine stores and delivers records.

#![allow(clippy::unwrap_used, reason = "a failed step ends the test")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tidings_local::broker::{Broker, BrokerKind, TopicSpec};
use tidings_process::LineSink;

const TOPIC: &str = "transaction.completed";

fn silent() -> LineSink {
    Arc::new(|_: &str| ())
}

fn on_path(program: &str) -> bool {
    tidings_process::find_program(program, "").is_ok()
}

async fn start(kind: BrokerKind) -> Broker {
    Broker::start(kind, &silent()).await.unwrap_or_else(|error| panic!("{error}"))
}

fn client<T: rdkafka::config::FromClientConfig>(servers: &str, more: &[(&str, &str)]) -> T {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers);
    for (name, value) in more {
        config.set(*name, *value);
    }
    config.create().unwrap()
}

fn topic() -> TopicSpec {
    TopicSpec { name: TOPIC.to_owned(), partitions: 10 }
}

async fn publish(servers: &str, value: &str) {
    let producer: FutureProducer = client(servers, &[("acks", "all"), ("enable.idempotence", "true")]);
    let headers = OwnedHeaders::new().insert(Header { key: "traceparent", value: Some("00-ab") });
    let record = FutureRecord::to(TOPIC).key("ACC123456").payload(value).headers(headers).partition(7);
    let delivery = producer.send(record, Duration::from_secs(30)).await.unwrap();
    assert_eq!((delivery.partition, delivery.offset), (7, 0));
}

/// A group reads the record, commits, and after a restart of the consumer does not get it again.
async fn consume(servers: &str, value: &str) {
    let consumer: StreamConsumer =
        client(servers, &[("group.id", "tidings-local-email"), ("auto.offset.reset", "earliest")]);
    consumer.subscribe(&[TOPIC]).unwrap();
    let record = tokio::time::timeout(Duration::from_mins(1), consumer.recv()).await.unwrap().unwrap();
    assert_eq!(record.payload_view::<str>().unwrap().unwrap(), value);
    assert_eq!(record.key(), Some(b"ACC123456".as_slice()));
    assert_eq!(record.headers().unwrap().get(0).value, Some(b"00-ab".as_slice()));
    assert_eq!(record.partition(), 7);
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(TOPIC, 7, Offset::Offset(1)).unwrap();
    consumer.commit(&offsets, rdkafka::consumer::CommitMode::Sync).unwrap();
    let committed = consumer.committed(Duration::from_secs(10)).unwrap();
    assert_eq!(committed.find_partition(TOPIC, 7).unwrap().offset(), Offset::Offset(1));
}

async fn round_trip(broker: &Broker) {
    broker.create_topics(&[topic()]).await.unwrap();
    broker.create_topics(&[topic()]).await.unwrap();
    let servers = broker.bootstrap_servers();
    assert!(servers.starts_with("127.0.0.1:"), "{servers} is not only on loopback");
    let consumer: StreamConsumer = client(servers, &[]);
    let metadata = consumer.fetch_metadata(Some(TOPIC), Duration::from_secs(10)).unwrap();
    assert_eq!(metadata.topics()[0].partitions().len(), 10);
    publish(servers, "{}").await;
    consume(servers, "{}").await;
}

/// Whether something accepts connections there.
fn listens(servers: &str) -> bool {
    std::net::TcpStream::connect(servers).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_broker_stores_and_delivers_records() {
    let broker = start(BrokerKind::Embedded).await;
    round_trip(&broker).await;
    let servers = broker.bootstrap_servers().to_owned();
    broker.stop().await;
    assert!(!listens(&servers));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_embedded_brokers_do_not_disturb_each_other() {
    let (one, other) = (start(BrokerKind::Embedded).await, start(BrokerKind::Embedded).await);
    assert_ne!(one.bootstrap_servers(), other.bootstrap_servers());
    round_trip(&one).await;
    drop(one);
    round_trip(&other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn apache_kafka_stores_and_delivers_records_and_leaves_nothing_behind() {
    if !on_path("java") || !on_path("mvn") {
        eprintln!("skipped: needs java and mvn");
        return;
    }
    let broker = start(BrokerKind::Kafka).await;
    let servers = broker.bootstrap_servers().to_owned();
    let folders = kafka_folders_of(&servers);
    assert_eq!(folders.len(), 1, "its data is in one temporary folder");
    round_trip(&broker).await;

    let external = start(BrokerKind::External(servers.clone())).await;
    external.create_topics(&[TopicSpec { name: "one.more".to_owned(), partitions: 1 }]).await.unwrap();
    external.stop().await;
    assert!(listens(&servers), "an external broker is not ours to end");

    broker.stop().await;
    assert!(!listens(&servers), "its process is gone");
    assert!(!folders[0].exists(), "its data is gone");
}

/// The temporary folders whose settings contain this address.
fn kafka_folders_of(servers: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(std::env::temp_dir()).unwrap().map(|entry| entry.unwrap().path());
    let names = |folder: &PathBuf| {
        let settings = std::fs::read_to_string(folder.join("server.properties"));
        settings.is_ok_and(|text| text.contains(&format!("listeners=PLAINTEXT://{servers},")))
    };
    all.filter(names).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_for_a_broker_that_does_not_respond_names_it() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let servers = format!("127.0.0.1:{port}");
    let kind = BrokerKind::External(servers.clone());
    let error = Broker::start(kind, &silent()).await.err().unwrap().to_string();
    assert!(error.contains(&servers) && error.contains("did not respond"), "{error}");
}
