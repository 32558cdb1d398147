//! A stub of the Lambda Invoke API and SQS that gives prepared responses and keeps the requests.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;

/// The stub's reply to one invocation.
#[derive(Clone)]
pub enum Reply {
    /// The function returned this response.
    Body(String),
    /// A batch response that lists these positions.
    Listed(Vec<(i32, i64)>),
    /// The function failed with an error of this type.
    Error(&'static str),
    /// The function fails if the batch has this record, and succeeds otherwise.
    Poison(i32, i64),
    /// The Invoke API returns this status, and the function does not run.
    Status(u16),
    /// The function succeeds once the bench releases it.
    Held,
    /// The Invoke API never responds.
    Hang,
}

impl Reply {
    pub fn failures(positions: &[(i32, i64)]) -> Self {
        Self::Listed(positions.to_vec())
    }

    pub fn error() -> Self {
        Self::Error("Oops")
    }

    pub fn ok() -> Self {
        Self::Body("null".to_owned())
    }
}

/// The replies to the invocations in order. The last one is repeated.
pub struct Stub {
    pub topic: String,
    replies: Mutex<Vec<Reply>>,
    invocations: UnboundedSender<Bytes>,
    messages: UnboundedSender<Value>,
    /// Permits for held replies.
    pub released: Semaphore,
    pub under_way: Mutex<UnderWay>,
}

/// The current invocations, and the highest concurrency so far.
#[derive(Default)]
pub struct UnderWay {
    partitions: Vec<i32>,
    invocations: usize,
    pub most_at_once: usize,
    /// Whether two concurrent invocations had records of the same partition.
    pub overlapped: bool,
}

impl Stub {
    pub fn new(
        topic: String,
        mut replies: Vec<Reply>,
        invocations: UnboundedSender<Bytes>,
        messages: UnboundedSender<Value>,
    ) -> Self {
        replies.reverse();
        let (released, under_way) = (Semaphore::new(0), Mutex::default());
        Self { topic, replies: Mutex::new(replies), invocations, messages, released, under_way }
    }

    fn reply(&self) -> Reply {
        let mut replies = self.replies.lock().unwrap();
        let reply = if replies.len() > 1 { replies.pop() } else { replies.last().cloned() };
        reply.expect("a reply")
    }
}

/// A bound port that refuses connections until a server uses it.
pub fn unserved() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let endpoint = format!("http://{}", socket.local_addr().unwrap());
    (socket, endpoint)
}

pub fn serve(stub: Arc<Stub>, listener: TcpListener) {
    let app = Router::new()
        .route("/2015-03-31/functions/notify/invocations", post(invoke))
        .route("/", post(send_message))
        .layer(DefaultBodyLimit::disable())
        .with_state(stub);
    tokio::spawn(async move { axum::serve(listener, app).await });
}

async fn invoke(State(stub): State<Arc<Stub>>, body: Bytes) -> Response {
    let sent = positions(&body, &stub.topic);
    let _under_way = Invocation::begin(Arc::clone(&stub), &sent);
    let reply = stub.reply();
    let _ = stub.invocations.send(body);
    match reply {
        Reply::Body(body) => answered(body),
        Reply::Listed(failed) => answered(batch_response(&stub.topic, &failed)),
        Reply::Error(kind) => failed(kind),
        Reply::Poison(partition, offset) if sent.contains(&(partition, offset)) => failed("Poison"),
        Reply::Poison(..) => answered("null".to_owned()),
        Reply::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Reply::Held => {
            stub.released.acquire().await.unwrap().forget();
            answered("null".to_owned())
        }
        Reply::Hang => std::future::pending().await,
    }
}

fn answered(body: String) -> Response {
    ([("x-amzn-RequestId", "8a2c")], body).into_response()
}

fn failed(kind: &str) -> Response {
    let headers = [("x-amzn-RequestId", "8a2c"), ("X-Amz-Function-Error", "Unhandled")];
    (headers, json!({ "errorType": kind }).to_string()).into_response()
}

fn batch_response(topic: &str, failed: &[(i32, i64)]) -> String {
    let failures: Vec<Value> = failed
        .iter()
        .map(|(partition, offset)| {
            json!({"itemIdentifier": {"partition": format!("{topic}-{partition}"), "offset": offset}})
        })
        .collect();
    json!({ "batchItemFailures": failures }).to_string()
}

/// One invocation, from its request to its response or the end of its connection.
struct Invocation {
    stub: Arc<Stub>,
    partitions: BTreeSet<i32>,
}

impl Invocation {
    fn begin(stub: Arc<Stub>, sent: &[(i32, i64)]) -> Self {
        let partitions: BTreeSet<i32> = sent.iter().map(|(partition, _)| *partition).collect();
        {
            let mut all = stub.under_way.lock().unwrap();
            all.overlapped |= partitions.iter().any(|partition| all.partitions.contains(partition));
            all.partitions.extend(&partitions);
            all.invocations += 1;
            all.most_at_once = all.most_at_once.max(all.invocations);
        }
        Self { stub, partitions }
    }
}

impl Drop for Invocation {
    fn drop(&mut self) {
        let mut all = self.stub.under_way.lock().unwrap();
        for partition in &self.partitions {
            let index = all.partitions.iter().position(|other| other == partition);
            all.partitions.swap_remove(index.expect("it was added"));
        }
        all.invocations -= 1;
    }
}

/// The positions in a payload, in its order. Checks that each record is listed under its partition's name.
pub fn positions(payload: &[u8], topic: &str) -> Vec<(i32, i64)> {
    let payload: Value = serde_json::from_slice(payload).unwrap();
    let mut positions = Vec::new();
    for (name, records) in payload["records"].as_object().unwrap() {
        for record in records.as_array().unwrap() {
            let partition = i32::try_from(record["partition"].as_i64().unwrap()).unwrap();
            assert_eq!(*name, format!("{topic}-{partition}"));
            positions.push((partition, record["offset"].as_i64().unwrap()));
        }
    }
    positions
}

async fn send_message(State(stub): State<Arc<Stub>>, headers: HeaderMap, body: Bytes) -> &'static str {
    assert_eq!(headers["x-amz-target"], "AmazonSQS.SendMessage");
    assert_eq!(headers["content-type"], "application/x-amz-json-1.0");
    let _ = stub.messages.send(serde_json::from_slice(&body).unwrap());
    r#"{"MessageId":"1"}"#
}
