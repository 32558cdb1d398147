//! Payloads, and a handler that follows a test's script.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures::{FutureExt as _, future::BoxFuture};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tidings_consumer::{
    Context, Handler, HandlerError,
    outcome::{Outcome, Reason},
    testing::{Harness, Summary},
};
use tidings_events::{Event, Topic, catalog};
use tokio::time::Instant;

/// Somebody used a door.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Use {
    user_id: String,
}

catalog! {
    /// Events about doors: a domain that is unknown to the consumer.
    pub enum Payload [Topic::event(TOPIC), Topic::event("door.closed")];
    /// A door was opened.
    Opened(Use) = "door.opened", key |it| &it.user_id;
    /// A door was closed.
    Closed(Use) = "door.closed", key |it| &it.user_id;
}

/// The topic of all test records, and the type of all test events.
pub const TOPIC: &str = "door.opened";
/// Longer than the lease of an invocation of the harness.
pub const AFTER_THE_LEASE: Duration = Duration::from_secs(62);

/// A valid event's value.
pub fn event(id: &str) -> Vec<u8> {
    let event = json!({
        "event_id": id, "event_type": TOPIC, "timestamp": "2025-01-15T02:05:35.625Z", "version": "1.0",
        "data": { "user_id": "USR789014" },
    });
    event.to_string().into_bytes()
}

/// A record in partition 3 with this value, or a tombstone.
pub fn record(offset: i64, key: Option<&[u8]>, value: Option<&[u8]>) -> Value {
    let encode = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
    json!({
        "topic": TOPIC, "partition": 3, "offset": offset, "timestamp": 1_736_937_045_123_i64,
        "timestampType": "CREATE_TIME", "key": key.map(encode), "value": value.map(encode), "headers": [],
    })
}

/// A record with a valid event.
pub fn login(offset: i64, key: Option<&str>, id: &str) -> Value {
    record(offset, key.map(str::as_bytes), Some(&event(id)))
}

/// The payload of an invocation, its records listed by their topic and partition.
pub fn payload(records: &[Value]) -> Vec<u8> {
    let mut partitions = Map::new();
    for record in records {
        let name = format!("{}-{}", record["topic"].as_str().unwrap(), record["partition"]);
        let list = partitions.entry(name).or_insert_with(|| json!([]));
        list.as_array_mut().unwrap().push(record.clone());
    }
    json!({ "eventSource": "aws:kafka", "records": partitions }).to_string().into_bytes()
}

/// One handler call.
pub struct Call {
    /// The event.
    pub id: String,
    /// The number of earlier calls for this event.
    pub earlier: usize,
    pub context: Context,
}

type Answer = BoxFuture<'static, Result<(), HandlerError>>;

/// A handler that records its calls and follows a script.
pub struct Probe {
    calls: Mutex<Vec<(String, Instant)>>,
    script: Box<dyn Fn(Call) -> Answer + Send + Sync>,
}

impl Probe {
    /// The events of all calls, in the calls' order.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|(id, _)| id.clone()).collect()
    }

    /// The start times of all calls.
    pub fn times(&self) -> Vec<Instant> {
        self.calls.lock().unwrap().iter().map(|(_, at)| *at).collect()
    }
}

impl Handler for Probe {
    type Payload = Payload;

    async fn handle(&self, event: &Event<Payload>, context: &Context) -> Result<(), HandlerError> {
        let call = {
            let id = event.event_id.to_string();
            let mut calls = self.calls.lock().unwrap();
            let earlier = calls.iter().filter(|(other, _)| *other == id).count();
            calls.push((id.clone(), Instant::now()));
            Call { id, earlier, context: context.clone() }
        };
        (self.script)(call).await
    }
}

/// A function whose handler behaves as `script` decides.
pub fn function<F>(script: impl Fn(Call) -> F + Send + Sync + 'static) -> Function
where
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    let script = Box::new(move |call| script(call).boxed());
    Harness::new("email", Probe { calls: Mutex::default(), script })
}

pub type Function = Harness<tidings_consumer::testing::Consumer<Probe>>;

/// A function whose handler always succeeds immediately.
pub fn succeeding() -> Function {
    function(async |_| Ok(()))
}

/// A function whose handler always fails with this error.
pub fn failing(error: HandlerError) -> Function {
    function(move |_| {
        let error = error.clone();
        async move { Err(error) }
    })
}

pub fn throttled() -> HandlerError {
    HandlerError::retryable("Throttled", "too many requests")
}

pub fn refused() -> HandlerError {
    HandlerError::permanent("Refused", "never")
}

/// Never ends.
pub async fn hang() -> Result<(), HandlerError> {
    std::future::pending().await
}

/// Invokes the function with these records.
pub async fn invoke(function: &Function, records: &[Value]) -> Summary {
    function.invoke(&payload(records)).await.unwrap()
}

/// Begins an invocation and kills its process after `time`.
pub async fn invoke_and_kill(function: &Function, time: Duration, records: &[Value]) {
    let invocation = tokio::time::timeout(time, invoke(function, records)).await;
    assert!(invocation.is_err(), "the invocation was over before the kill");
}

/// How each record ended, by offset.
pub fn outcomes(summary: &Summary) -> Vec<(i64, Outcome)> {
    let mut outcomes: Vec<_> =
        summary.settled.iter().map(|record| (record.offset.unwrap(), record.outcome)).collect();
    outcomes.sort_by_key(|(offset, _)| *offset);
    outcomes
}

/// How the only record ended.
pub fn outcome(summary: &Summary) -> Outcome {
    assert_eq!(summary.settled.len(), 1, "{summary:?}");
    summary.settled[0].outcome
}

pub const fn returned(reason: Reason) -> Outcome {
    Outcome::Returned(reason)
}

/// A log that several parts of a test write to.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn note(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}
