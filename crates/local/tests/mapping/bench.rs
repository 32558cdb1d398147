//! A broker with one topic, a stub for the Lambda Invoke API and SQS, and what happened there.
//!
//! `TIDINGS_TEST_BROKER` chooses the broker: `embedded` unless set, one for each bench; or `kafka`, one Apache Kafka
//! for all of them, where each has its own topic and groups. Tests of what the embedded broker cannot do are in
//! `only_on_kafka`; their benches are on Apache Kafka whatever the variable says.

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
/// Records of up to this many bytes may be published.
const LARGEST_RECORD: &str = "10000000";
/// Far more than anything takes, even on a busy machine.
const WITHIN: Duration = Duration::from_mins(2);
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

pub struct Bench {
    /// The broker's bootstrap servers.
    pub servers: String,
    /// The bench's own topic.
    pub topic: String,
    /// None where it is the process's Apache Kafka, or the test's own.
    embedded: Option<Broker>,
    producer: FutureProducer,
    stub: Arc<Stub>,
    /// Where the stub serves.
    pub endpoint: String,
    invocations: UnboundedReceiver<Bytes>,
    /// What SQS got: queue URL and body.
    pub messages: UnboundedReceiver<Value>,
    events: UnboundedReceiver<(Instant, MappingEvent)>,
    event_sender: UnboundedSender<(Instant, MappingEvent)>,
}

impl Drop for Bench {
    /// A commit under way never returns where the broker has gone, and the runtime waits for it: a test that fails would
    /// hang instead.
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

    /// A bench on a cluster that the test gives errors to; its topic has one partition.
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

    /// Creates the topic of a bench that has none.
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

    /// What a mapping's consumer group is named on the broker.
    pub fn group(&self, id: &str) -> String {
        format!("{}-{id}", self.topic)
    }

    /// Where an Invoke API will be, and how to make it answer.
    pub fn endpoint_to_come(&self) -> (String, impl FnOnce() + use<>) {
        let (socket, endpoint) = stub::unserved();
        let stub = Arc::clone(&self.stub);
        (endpoint, move || stub::serve(stub, socket.listen(64).unwrap()))
    }

    /// The next payload that the function got.
    pub async fn payload(&mut self) -> Bytes {
        let Ok(payload) = timeout(WITHIN, self.invocations.recv()).await else {
            let events: Vec<_> = std::iter::from_fn(|| self.events.try_recv().ok()).collect();
            panic!("the function was not invoked; what the mapping told meanwhile: {events:#?}");
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

    /// The function was not invoked beyond what was taken.
    #[track_caller]
    pub fn no_more_invocations(&mut self) {
        assert!(self.invocations.try_recv().is_err());
    }

    /// Lets this many held invocations end.
    pub fn release(&self, invocations: usize) {
        self.stub.released.add_permits(invocations);
    }

    /// Most invocations that were under way at once.
    pub fn most_at_once(&self) -> usize {
        self.stub.under_way.lock().unwrap().most_at_once
    }

    /// Whether two invocations at once ever held records of one partition.
    pub fn overlapped(&self) -> bool {
        self.stub.under_way.lock().unwrap().overlapped
    }

    /// Waits for an event.
    pub async fn event(&mut self, wanted: impl Fn(&MappingEvent) -> bool) -> MappingEvent {
        self.event_at(wanted).await.1
    }

    /// Waits for an event, and tells when it happened.
    pub async fn event_at(&mut self, wanted: impl Fn(&MappingEvent) -> bool) -> (Instant, MappingEvent) {
        // All in all, because a mapping that does nothing else tells its lag each second.
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

/// Fails the test instead of waiting for ever.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(WITHIN, future).await.expect("it did not happen in time")
}

/// A provisioned mapping of one poller that reports failures, without window. The bench puts its own topic and group
/// in.
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

/// A mapping that waits until a batch of this size is whole.
pub fn whole_batches_of(batch_size: usize) -> Mapping {
    Mapping { batch_size, batching_window: Duration::from_mins(5), ..spec() }
}

/// The mapping in on-demand mode.
pub fn on_demand(provisioned: Mapping) -> Mapping {
    Mapping { provisioned: None, report_batch_item_failures: false, ..provisioned }
}

pub fn header(name: &str, value: Option<&[u8]>, headers: OwnedHeaders) -> OwnedHeaders {
    headers.insert(Header { key: name, value })
}
