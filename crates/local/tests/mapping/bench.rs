//! A broker, a stub for the Lambda Invoke API and SQS, and what happened there.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{DefaultProducerContext, FutureProducer, FutureRecord};
use serde_json::Value;
use tidings_local::mapping::{Connection, EventSourceMapping, MappingEvent};
use tidings_local::template::{EventSource, Mapping, Pollers, StartingPosition};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

pub const TOPIC: &str = "transfer.made";
pub const ARN: &str = "arn:aws:kafka:us-east-1:000000000000:cluster/local/1";
pub const TIMESTAMP: i64 = 1_545_084_650_987;

/// How the stub answers one invocation.
#[derive(Clone)]
pub enum Reply {
    Body(String),
    FunctionError,
    Status(u16),
    /// Never.
    Hang,
}

impl Reply {
    pub fn failures(positions: &[(i32, i64)]) -> Self {
        let failures: Vec<Value> = positions
            .iter()
            .map(|(partition, offset)| {
                let partition = format!("{TOPIC}-{partition}");
                serde_json::json!({"itemIdentifier": {"partition": partition, "offset": offset}})
            })
            .collect();
        Self::Body(serde_json::json!({ "batchItemFailures": failures }).to_string())
    }

    pub fn ok() -> Self {
        Self::Body("null".to_owned())
    }
}

/// Answers for the invocations in turn; the last one is for all that follow.
struct Stub {
    replies: Mutex<Vec<Reply>>,
    invocations: UnboundedSender<Bytes>,
    messages: UnboundedSender<Value>,
}

pub struct Bench {
    pub cluster: MockCluster<'static, DefaultProducerContext>,
    producer: FutureProducer,
    endpoint: String,
    invocations: UnboundedReceiver<Bytes>,
    /// What SQS got: queue URL and body.
    pub messages: UnboundedReceiver<Value>,
    events: UnboundedReceiver<MappingEvent>,
    event_sender: UnboundedSender<MappingEvent>,
}

impl Bench {
    pub async fn new(partitions: i32, replies: impl Into<Vec<Reply>>) -> Self {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic(TOPIC, partitions, 1).unwrap();
        let producer = ClientConfig::new()
            .set("bootstrap.servers", cluster.bootstrap_servers())
            .set("message.max.bytes", "10000000")
            .create()
            .unwrap();
        let (invocation_sender, invocations) = unbounded_channel();
        let (message_sender, messages) = unbounded_channel();
        let (event_sender, events) = unbounded_channel();
        let mut replies = replies.into();
        replies.reverse();
        let stub =
            Stub { replies: Mutex::new(replies), invocations: invocation_sender, messages: message_sender };
        let endpoint = serve(stub).await;
        Self { cluster, producer, endpoint, invocations, messages, events, event_sender }
    }

    pub fn start(&self, spec: &Mapping) -> EventSourceMapping {
        self.start_with_aws(spec, &self.endpoint)
    }

    pub fn start_with_aws(&self, spec: &Mapping, aws_endpoint: &str) -> EventSourceMapping {
        let connection = Connection {
            bootstrap_servers: self.cluster.bootstrap_servers(),
            invoke_endpoint: self.endpoint.clone(),
            aws_endpoint: aws_endpoint.to_owned(),
        };
        let events = self.event_sender.clone();
        let observer = Arc::new(move |event: &MappingEvent| {
            let _ = events.send(event.clone());
        });
        EventSourceMapping::start(spec, &connection, observer).unwrap()
    }

    pub async fn publish(&self, partition: i32, value: &str) {
        self.publish_raw(partition, Some(b"k"), Some(value.as_bytes()), OwnedHeaders::new()).await;
    }

    pub async fn publish_raw(
        &self,
        partition: i32,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: OwnedHeaders,
    ) {
        let mut record =
            FutureRecord::<[u8], [u8]>::to(TOPIC).partition(partition).timestamp(TIMESTAMP).headers(headers);
        record.key = key;
        record.payload = value;
        self.producer.send(record, Duration::from_secs(30)).await.unwrap();
    }

    /// The next payload that the function got.
    pub async fn payload(&mut self) -> Bytes {
        within(self.invocations.recv()).await.unwrap()
    }

    /// The positions in the next payload.
    pub async fn invoked(&mut self) -> Vec<(i32, i64)> {
        positions(&self.payload().await)
    }

    /// The function was not invoked beyond what was taken.
    #[track_caller]
    pub fn no_more_invocations(&mut self) {
        assert!(self.invocations.try_recv().is_err());
    }

    /// Waits for an event.
    pub async fn event(&mut self, wanted: impl Fn(&MappingEvent) -> bool) -> MappingEvent {
        loop {
            let event = within(self.events.recv()).await.unwrap();
            if wanted(&event) {
                return event;
            }
        }
    }
}

/// Fails the test instead of waiting for ever.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), future).await.expect("it did not happen within a minute")
}

pub fn positions(payload: &[u8]) -> Vec<(i32, i64)> {
    let payload: Value = serde_json::from_slice(payload).unwrap();
    let mut positions = Vec::new();
    for (name, records) in payload["records"].as_object().unwrap() {
        for record in records.as_array().unwrap() {
            let partition = i32::try_from(record["partition"].as_i64().unwrap()).unwrap();
            assert_eq!(*name, format!("{TOPIC}-{partition}"));
            positions.push((partition, record["offset"].as_i64().unwrap()));
        }
    }
    positions
}

/// A provisioned mapping of one poller that reports failures, without window.
pub fn spec() -> Mapping {
    Mapping {
        id: format!("notify-{TOPIC}"),
        function: "notify".to_owned(),
        topic: TOPIC.to_owned(),
        batch_size: 100,
        batching_window: Duration::ZERO,
        starting_position: StartingPosition::TrimHorizon,
        consumer_group_id: "group".to_owned(),
        enabled: true,
        provisioned: Some(Pollers { minimum: 1, maximum: 1 }),
        maximum_retry_attempts: None,
        maximum_record_age: None,
        bisect_on_function_error: false,
        report_batch_item_failures: true,
        on_failure: None,
        source: EventSource::Msk(ARN.to_owned()),
        filters: Vec::new(),
        log_level: None,
        metrics: BTreeSet::new(),
    }
}

/// A mapping that waits until a batch of this size is whole.
pub fn whole_batches_of(batch_size: usize) -> Mapping {
    Mapping { batch_size, batching_window: Duration::from_mins(5), ..spec() }
}

pub fn header(name: &str, value: Option<&[u8]>, headers: OwnedHeaders) -> OwnedHeaders {
    headers.insert(Header { key: name, value })
}

async fn serve(stub: Stub) -> String {
    let app = Router::new()
        .route("/2015-03-31/functions/notify/invocations", post(invoke))
        .route("/", post(send_message))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(Arc::new(stub));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

async fn invoke(State(stub): State<Arc<Stub>>, body: Bytes) -> Response {
    let reply = {
        let mut replies = stub.replies.lock().unwrap();
        if replies.len() > 1 { replies.pop() } else { replies.last().cloned() }
    };
    let _ = stub.invocations.send(body);
    let request_id = ("x-amzn-RequestId", "8a2c");
    match reply.expect("a reply") {
        Reply::Body(body) => ([request_id], body).into_response(),
        Reply::FunctionError => {
            ([request_id, ("X-Amz-Function-Error", "Unhandled")], r#"{"errorType":"Oops"}"#).into_response()
        }
        Reply::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Reply::Hang => std::future::pending().await,
    }
}

async fn send_message(State(stub): State<Arc<Stub>>, headers: HeaderMap, body: Bytes) -> &'static str {
    assert_eq!(headers["x-amz-target"], "AmazonSQS.SendMessage");
    assert_eq!(headers["content-type"], "application/x-amz-json-1.0");
    let _ = stub.messages.send(serde_json::from_slice(&body).unwrap());
    r#"{"MessageId":"1"}"#
}
