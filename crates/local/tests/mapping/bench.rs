//! A test bench: a broker with one topic, a stub of the Lambda Invoke API and SQS, and the observed events.
//!
//! `TIDINGS_TEST_BROKER` chooses the broker. With `embedded`, the default, each bench has its own broker. With `kafka`,
//! all benches use one Apache Kafka, on which each has its own topic and groups. Tests that the embedded broker cannot
//! run are in `only_on_kafka`. Their benches always use Apache Kafka.

mod kafka;
mod records;
mod start;
mod stub;
mod watcher;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{DefaultProducerContext, FutureProducer};
use serde_json::Value;
use tidings_local::broker::{Broker, BrokerKind, TopicSpec};
use tidings_mapping::MappingEvent;
use tidings_trigger::{EventSource, Mapping, Pollers, StartingPosition};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

pub use stub::Reply;
use stub::Stub;
pub use watcher::Watcher;

pub const ARN: &str = "arn:aws:kafka:us-east-1:000000000000:cluster/local/1";
pub const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:notify-dead-letters";
pub const TIMESTAMP: i64 = 1_545_084_650_987;
/// The largest record that may be published, in bytes.
const LARGEST_RECORD: &str = "10000000";
/// A time limit far above any test's duration, even on a busy machine.
const WITHIN: Duration = Duration::from_mins(2);
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

pub struct Bench {
    /// The broker's bootstrap servers.
    pub servers: String,
    /// The bench's topic.
    pub topic: String,
    /// None if it is the process's Apache Kafka or belongs to the test.
    embedded: Option<Broker>,
    producer: FutureProducer,
    stub: Arc<Stub>,
    /// The address of the stub.
    pub endpoint: String,
    invocations: UnboundedReceiver<Bytes>,
    /// The messages that SQS got: queue URL and body.
    pub messages: UnboundedReceiver<Value>,
    events: UnboundedReceiver<(Instant, MappingEvent)>,
    event_sender: UnboundedSender<(Instant, MappingEvent)>,
}

impl Drop for Bench {
    /// Leaves the broker running if the test fails, because otherwise the test would hang: a pending commit never
    /// returns after the broker has stopped, and the runtime waits for it.
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::mem::forget(self.embedded.take());
        }
    }
}

impl Bench {
    /// A bench whose topic has this many partitions.
    pub async fn new(partitions: i32, replies: impl Into<Vec<Reply>>) -> Self {
        let bench = Self::without_topic(replies).await;
        bench.create_topic(partitions).await;
        bench
    }

    /// A bench whose topic does not exist yet.
    pub async fn without_topic(replies: impl Into<Vec<Reply>>) -> Self {
        let broker = std::env::var("TIDINGS_TEST_BROKER").unwrap_or_else(|_| "embedded".to_owned());
        match broker.as_str() {
            "kafka" => Self::build(kafka::servers().to_owned(), None, replies.into()),
            "embedded" => {
                let silent = Arc::new(|_: &str| ());
                let broker = Broker::start(BrokerKind::Embedded, &(silent as _)).await.unwrap();
                Self::build(broker.bootstrap_servers().to_owned(), Some(broker), replies.into())
            }
            other => panic!("TIDINGS_TEST_BROKER is {other}; it must be embedded or kafka"),
        }
    }

    /// A bench on Apache Kafka whose topic has these settings.
    pub async fn on_kafka(
        partitions: i32,
        settings: &[(&str, &str)],
        replies: impl Into<Vec<Reply>>,
    ) -> Self {
        let bench = Self::build(kafka::servers().to_owned(), None, replies.into());
        bench.create_kafka_topic(&bench.topic, partitions, settings).await;
        bench
    }

    /// A bench on a cluster in which the test injects errors. Its topic has one partition.
    pub fn on_mock(
        cluster: &MockCluster<'_, DefaultProducerContext>,
        replies: impl Into<Vec<Reply>>,
    ) -> Self {
        let bench = Self::build(cluster.bootstrap_servers(), None, replies.into());
        cluster.create_topic(&bench.topic, 1, 1).unwrap();
        bench
    }

    fn build(servers: String, embedded: Option<Broker>, replies: Vec<Reply>) -> Self {
        static BENCHES: AtomicUsize = AtomicUsize::new(0);
        let topic = format!("transfer.made.{}", BENCHES.fetch_add(1, Ordering::Relaxed));
        let (invocation_sender, invocations) = unbounded_channel();
        let (message_sender, messages) = unbounded_channel();
        let (event_sender, events) = unbounded_channel();
        let stub = Arc::new(Stub::new(topic.clone(), replies, invocation_sender, message_sender));
        let (socket, endpoint) = stub::unserved();
        stub::serve(Arc::clone(&stub), socket.listen(64).unwrap());
        let producer = client(&servers).set("message.max.bytes", LARGEST_RECORD).create().unwrap();
        Self {
            servers,
            topic,
            embedded,
            producer,
            stub,
            endpoint,
            invocations,
            messages,
            events,
            event_sender,
        }
    }

    /// Creates the bench's topic if the bench was made without one.
    pub async fn create_topic(&self, partitions: i32) {
        self.create_topic_named(&self.topic, partitions).await;
    }

    /// Creates another topic.
    pub async fn create_topic_named(&self, name: &str, partitions: i32) {
        match &self.embedded {
            Some(broker) => {
                broker.create_topics(&[TopicSpec { name: name.to_owned(), partitions }]).await.unwrap();
            }
            None => self.create_kafka_topic(name, partitions, &[]).await,
        }
    }

    /// Creates another topic of Apache Kafka with these settings.
    pub async fn create_kafka_topic(&self, name: &str, partitions: i32, settings: &[(&str, &str)]) {
        let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1))
            .set("max.message.bytes", LARGEST_RECORD)
            // The tests' records are years old: Kafka's cleaner, which first looks after half a minute, would remove
            // them.
            .set("retention.ms", "-1");
        let topic = settings.iter().fold(topic, |topic, (name, value)| topic.set(name, value));
        let options = AdminOptions::new().operation_timeout(Some(ANSWER_LIMIT));
        let results = self.admin().create_topics(&[topic], &options).await.unwrap();
        assert!(results.iter().all(Result::is_ok), "{results:?}");
    }

    pub fn admin(&self) -> AdminClient<DefaultClientContext> {
        client(&self.servers).create().unwrap()
    }

    /// The name of a mapping's consumer group on the broker.
    pub fn group(&self, id: &str) -> String {
        format!("{}-{id}", self.topic)
    }

    /// An address for an Invoke API, and a function that starts it there.
    pub fn endpoint_to_come(&self) -> (String, impl FnOnce() + use<>) {
        let (socket, endpoint) = stub::unserved();
        let stub = Arc::clone(&self.stub);
        (endpoint, move || stub::serve(stub, socket.listen(64).unwrap()))
    }

    /// The next payload that the function received.
    pub async fn payload(&mut self) -> Bytes {
        let Ok(payload) = timeout(WITHIN, self.invocations.recv()).await else {
            let events: Vec<_> = std::iter::from_fn(|| self.events.try_recv().ok()).collect();
            panic!("the function was not invoked; the mapping's events: {events:#?}");
        };
        payload.unwrap()
    }

    /// The positions in the next payload.
    pub async fn invoked(&mut self) -> Vec<(i32, i64)> {
        let payload = self.payload().await;
        self.positions(&payload)
    }

    pub fn positions(&self, payload: &[u8]) -> Vec<(i32, i64)> {
        stub::positions(payload, &self.topic)
    }

    /// Asserts that the function was not invoked again.
    #[track_caller]
    pub fn no_more_invocations(&mut self) {
        assert!(self.invocations.try_recv().is_err());
    }

    /// Releases this many held invocations.
    pub fn release(&self, invocations: usize) {
        self.stub.released.add_permits(invocations);
    }

    /// The highest number of concurrent invocations.
    pub fn most_at_once(&self) -> usize {
        self.stub.under_way.lock().unwrap().most_at_once
    }

    /// Whether two concurrent invocations ever had records of the same partition.
    pub fn overlapped(&self) -> bool {
        self.stub.under_way.lock().unwrap().overlapped
    }

    /// Waits for an event.
    pub async fn event(&mut self, wanted: impl Fn(&MappingEvent) -> bool) -> MappingEvent {
        self.event_at(wanted).await.1
    }

    /// Waits for an event, and also returns its time.
    pub async fn event_at(&mut self, wanted: impl Fn(&MappingEvent) -> bool) -> (Instant, MappingEvent) {
        // The time limit covers the whole wait, because even an idle mapping reports its lag each second.
        within(async {
            loop {
                let (at, event) = self.events.recv().await.unwrap();
                if wanted(&event) {
                    return (at, event);
                }
            }
        })
        .await
    }

    /// Waits until this many more records were read.
    pub async fn polled(&mut self, records: usize) {
        let mut read = 0;
        while read < records {
            let event = within(self.events.recv()).await.unwrap().1;
            read += if let MappingEvent::Polled(records) = event { records.len() } else { 0 };
        }
    }
}

fn client(servers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers);
    config
}

/// Fails the test instead of waiting forever.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(WITHIN, future).await.expect("it did not happen in time")
}

/// A provisioned mapping with one poller and `ReportBatchItemFailures`, without a window. The bench inserts its own
/// topic and group.
pub fn spec() -> Mapping {
    Mapping {
        batching_window: Duration::ZERO,
        consumer_group_id: "group".to_owned(),
        provisioned: Some(Pollers { minimum: 1, maximum: 1 }),
        report_batch_item_failures: true,
        ..Mapping::new(
            "notify",
            "transfer.made",
            EventSource::Msk(ARN.to_owned()),
            StartingPosition::TrimHorizon,
        )
    }
}

/// A mapping that waits for a full batch of this size.
pub fn whole_batches_of(batch_size: usize) -> Mapping {
    Mapping { batch_size, batching_window: Duration::from_mins(5), ..spec() }
}

/// The same mapping in on-demand mode.
pub fn on_demand(provisioned: Mapping) -> Mapping {
    Mapping { provisioned: None, report_batch_item_failures: false, ..provisioned }
}

pub fn header(name: &str, value: Option<&[u8]>, headers: OwnedHeaders) -> OwnedHeaders {
    headers.insert(Header { key: name, value })
}
