use std::{
    io,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tidings_events::{Amount, Event, Personal, Topic, catalog};
use tracing::subscriber::{DefaultGuard, set_default};

use super::*;
use crate::{
    BatchHandler, Context, Handler, HandlerError, Record,
    testing::{Fault, Harness},
};

pub(super) const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
/// Markers in place of names, e-mail addresses, phone numbers, accounts, balances and so on. No part of them may be
/// logged.
pub(super) const MARKERS: &[&str] =
    &["Zebulon", "quagga", "5550123", "ACC777", "98765", "10.77.0.1", "Okapi"];

#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// All log lines, after a check that they contain no personal data.
    pub(super) fn read(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        for marker in MARKERS {
            assert!(!text.contains(marker), "{marker} in {text}");
        }
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Captures what this thread logs, which is everything if the runtime has one thread.
pub(super) fn logger() -> (DefaultGuard, Lines) {
    let lines = Lines::default();
    let writer = lines.clone();
    (
        set_default(
            tracing_subscriber::registry().with(json(EnvFilter::new("trace"), move || writer.clone())),
        ),
        lines,
    )
}

/// A closed door, for which a customer paid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Closed {
    account_id: String,
    name: Personal,
    email: Personal,
    phone: Personal,
    amount: Amount,
    description: Personal,
}

catalog! {
    /// Events about doors.
    pub(super) enum Payload [Topic::event("door.closed")];
    /// A door was closed.
    Closed(Closed) = "door.closed", key |it| &it.account_id;
}

/// A handler whose behaviour depends on the event's id, and whose panics contain personal data.
pub(super) struct Careless;

impl Handler for Careless {
    type Payload = Payload;

    async fn handle(&self, event: &Event<Payload>, context: &Context) -> Result<(), HandlerError> {
        match event.event_id.as_str() {
            "EVT-panics" => panic!("{}", String::from_utf8(event.encode().unwrap()).unwrap()),
            "EVT-fails" => Err(HandlerError::retryable("Throttled", "too many requests")),
            "EVT-hangs" => std::future::pending().await,
            "EVT-effect" => context.once("Okapi-device", async { Ok(()) }).await,
            _ => Ok(()),
        }
    }
}

impl BatchHandler for Careless {
    async fn handle(&self, _: &[Record]) -> Result<(), HandlerError> {
        Err(HandlerError::permanent("TooLarge", "the object is too large"))
    }
}

pub(super) fn closed(id: &str) -> Value {
    json!({
        "event_id": id, "event_type": "door.closed", "timestamp": "2025-01-15T10:30:45.123Z",
        "version": "1.0",
        "data": {
            "account_id": "ACC777", "name": "Zebulon Pike", "email": "quagga@example.com", "phone": "+15550123",
            "amount": 98765.43, "description": "for Okapi",
        },
        "metadata": { "ip_address": "10.77.0.1", "user_agent": "Okapi/1" },
    })
}

pub(super) fn payload(values: &[String]) -> Vec<u8> {
    let record = |(offset, value): (usize, &String)| {
        json!({
            "topic": "door.closed", "partition": 3, "offset": offset,
            "key": BASE64_STANDARD.encode("ACC777"), "value": BASE64_STANDARD.encode(value),
            "headers": [{ "traceparent": format!("00-{TRACE}-00f067aa0ba902b7-01") }, { "x": "Zebulon" }],
        })
    };
    let records: Vec<Value> = values.iter().enumerate().map(record).collect();
    json!({ "records": { "door.closed-3": records } }).to_string().into_bytes()
}

/// Valid events for all outcomes, and broken ones.
pub(super) fn values() -> Vec<String> {
    let mut unknown = closed("EVT-unknown");
    unknown["data"]["amount"] = "98765 Okapi".into();
    let ids = ["EVT-done", "EVT-done", "EVT-panics", "EVT-fails", "EVT-hangs", "EVT-effect"];
    let mut values: Vec<String> = ids.map(|id| closed(id).to_string()).into();
    let reused = closed("EVT-done").to_string().replace("for Okapi", "of quagga");
    let broken = closed("EVT-broken").to_string().replace("\"amount\"", "\"Okapi");
    values.extend([reused, broken, unknown.to_string(), "{\"Zebulon\":".to_owned()]);
    values
}

#[tokio::test(start_paused = true)]
async fn logs_have_request_event_and_trace_but_no_personal_data() {
    let (_logging, lines) = logger();
    let earlier = std::panic::take_hook();
    std::panic::set_hook(Box::new(log_panic));
    let function = Harness::new("email", Careless);
    function.invoke(&payload(&values())).await.unwrap();
    std::panic::set_hook(earlier);
    let lines = lines.read();
    let mut settled: Vec<(&str, &str)> = Vec::new();
    for line in &lines {
        assert_eq!(line["span"]["request_id"], "test-request", "{line}");
        assert_eq!(line["span"]["trace_id"], TRACE, "{line}");
        if line["message"] == "record settled" {
            let id = line["span"]["event_id"].as_str().unwrap_or("none");
            settled.push((id, line["outcome"].as_str().unwrap()));
        }
    }
    assert_eq!(
        settled,
        [
            ("EVT-done", "done"),
            ("EVT-done", "duplicate"),
            ("EVT-panics", "dead_lettered"),
            ("EVT-fails", "dead_lettered"),
            ("EVT-hangs", "dead_lettered"),
            ("EVT-effect", "done"),
            ("EVT-done", "dead_lettered"),
            ("none", "dead_lettered"),
            ("EVT-unknown", "dead_lettered"),
            ("none", "dead_lettered"),
        ]
    );
    let panics = lines.iter().find(|line| line["message"] == "a handler panicked").unwrap();
    assert!(panics["place"].as_str().unwrap().contains("tests.rs"), "{panics}");
    let attempts = lines.iter().filter(|line| line["error.type"] == "Throttled" && line["attempt"].is_u64());
    assert_eq!(attempts.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn lost_stores_and_batch_functions_are_logged_the_same_way() {
    let (_logging, lines) = logger();
    let function = Harness::new_batch("audit", Careless);
    function.dead_letters.disturb(|_, _| Fault::Refused.into());
    let values = payload(&values());
    function.invoke(&values).await.unwrap();
    let failures: Vec<Value> = lines
        .read()
        .into_iter()
        .filter(|line| line["message"] == "the dead letter could not be sent")
        .collect();
    assert_eq!(failures.len(), 10);
    for line in failures {
        assert_eq!(line["span"]["request_id"], "test-request", "{line}");
        assert_eq!(line["span"]["trace_id"], TRACE, "{line}");
    }
}
