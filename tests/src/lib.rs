//! What the whole-system tests share: the local stack with the functions' real binaries.
//!
//! `TIDINGS_TEST_BROKER` chooses the broker (`embedded` unless set, or `kafka`), `TIDINGS_VENV` the virtual
//! environment that has the emulator (`.venv` unless set). The binaries are those of the quick profile; build them
//! first: `cargo build --profile quick --workspace --bins`.

#![allow(clippy::missing_panics_doc, reason = "a helper that cannot go on fails the test that called it")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;
use tidings_bank_events::Event;
use tidings_cli::demo::{
    effect::{Effect, Happened, Published, happened},
    tally::Tally,
};
use tidings_events::Catalog as _;
use tidings_local::{
    broker::BrokerKind,
    produce::OutgoingRecord,
    runtimes::Runtimes,
    stack::{AwsKind, Stack, StackOptions},
};
use tidings_mapping::MappingEvent;
use tidings_recorder::{CallDetails, Matcher};
use tidings_template::Function;
use tidings_trigger::Mapping;

/// How long records may take to settle: these machines are shared.
pub const SETTLED_WITHIN: Duration = Duration::from_mins(4);

/// The repository's root.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository is there")
}

/// The folder of the quick profile's binaries.
#[must_use]
pub fn binaries() -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from);
    repository().join(target).join("quick")
}

/// The virtual environment that has the emulator.
#[must_use]
pub fn venv() -> PathBuf {
    std::env::var_os("TIDINGS_VENV").map_or_else(|| repository().join(".venv"), PathBuf::from)
}

/// The broker that the tests run on, as the command line names it.
#[must_use]
pub fn broker() -> String {
    std::env::var("TIDINGS_TEST_BROKER").unwrap_or_else(|_| "embedded".to_owned())
}

/// A running stack, and what its functions printed.
pub struct System {
    /// The stack.
    pub stack: Stack,
    /// How far the mappings have committed, and the functions' own counts.
    pub tally: Arc<Tally>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl System {
    /// Starts a stack with these template parameters.
    pub async fn start(parameters: &[(&str, &str)]) -> Self {
        Self::start_with(repository(), parameters).await
    }

    /// As [`System::start`], with the templates in the `infra` of another folder.
    pub async fn start_with(repository: PathBuf, parameters: &[(&str, &str)]) -> Self {
        let (tally, lines) = (Arc::new(Tally::default()), Arc::new(Mutex::new(Vec::new())));
        let (events, metrics, log) = (Arc::clone(&tally), Arc::clone(&tally), Arc::clone(&lines));
        let kind: BrokerKind = broker().parse().expect("TIDINGS_TEST_BROKER names a broker");
        let parameters: BTreeMap<String, String> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let options = StackOptions {
            project: tidings_cli::project(&repository, parameters),
            runtimes: Runtimes { binaries: Some(binaries()), ..Runtimes::default() },
            broker: kind,
            aws: AwsKind::Emulator(venv().join("bin/ministack")),
            invoke_endpoint: None,
            progress: Arc::new(|line| eprintln!("{line}")),
            on_line: Arc::new(move |_, line| {
                metrics.function_line(line);
                log.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
            }),
            on_report: Arc::new(|_| {}),
            observer: Arc::new(move |function: &Function, mapping: &Mapping| {
                let (tally, function, mapping) =
                    (Arc::clone(&events), function.binary.clone(), mapping.id.clone());
                Arc::new(move |event: &MappingEvent| tally.mapping_event(&mapping, &function, event))
            }),
        };
        let stack =
            Stack::start(options).await.unwrap_or_else(|error| panic!("the stack did not start: {error}"));
        Self { stack, tally, lines }
    }

    /// Publishes a record as it is.
    pub async fn publish(&self, record: OutgoingRecord) -> Published {
        let at = Timestamp::now();
        let position = self.stack.producer.publish(&record).await.expect("the broker takes the record");
        Published {
            topic: record.topic,
            partition: position.partition,
            offset: position.offset,
            value: record.value,
            at,
        }
    }

    /// Waits until every record is settled for every subscriber.
    pub async fn settled(&self) {
        tokio::time::timeout(SETTLED_WITHIN, self.stack.settled())
            .await
            .unwrap_or_else(|_| {
                panic!("not settled in time; the functions' last lines:\n{}", self.last_lines())
            })
            .expect("the mappings run");
    }

    /// What happened so far.
    #[must_use]
    pub fn happened(&self) -> Happened {
        let functions = &self.stack.template.functions;
        let binaries =
            functions.iter().map(|function| (function.name.clone(), function.binary.clone())).collect();
        happened(&self.stack.recorder.calls(), &binaries)
    }

    /// How often an effect happened so far.
    #[must_use]
    pub fn times(&self, effect: &Effect) -> usize {
        self.happened().get(effect).map_or(0, Vec::len)
    }

    /// The messages in a function's dead letter queue.
    pub async fn dead_letters(&self, function: &str) -> Vec<Value> {
        let queue = format!("tidings-local-{function}-dead-letters");
        let messages = self.stack.emulator.queue_messages(&queue).await.expect("the queue can be read");
        messages
            .iter()
            .map(|message| serde_json::from_str(&message.body).expect("a dead letter is JSON"))
            .collect()
    }

    /// All that the functions printed.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn last_lines(&self) -> String {
        let lines = self.lines();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// Which calls of this function a fault should meet.
    #[must_use]
    pub fn calls_of(&self, function: &str, operation: &str) -> Matcher {
        let function =
            self.stack.function(function).unwrap_or_else(|| panic!("there is no function {function}"));
        Matcher {
            function: Some(function.name.clone()),
            operation: Some(operation.to_owned()),
            ..Matcher::default()
        }
    }

    /// Ends everything.
    pub async fn stop(self) {
        self.stack.stop().await;
    }
}

/// A plain event of `events/bank/fixtures/events`.
#[must_use]
pub fn fixture(name: &str) -> Event {
    let value = fixture_bytes(name);
    Event::from_json(&value).unwrap_or_else(|error| panic!("fixture {name}: {error}"))
}

/// The bytes of a plain event of `events/bank/fixtures/events`.
#[must_use]
pub fn fixture_bytes(name: &str) -> Vec<u8> {
    let path = repository().join("events/bank/fixtures/events").join(format!("{name}.json"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// An event as a record on its topic, under its key.
#[must_use]
pub fn record(event: &Event) -> OutgoingRecord {
    OutgoingRecord {
        topic: event.topic().to_owned(),
        key: Some(event.payload.key().as_bytes().to_vec()),
        value: Some(event.encode().expect("an event can be encoded")),
        headers: Vec::new(),
    }
}

/// A value of an `UpdateItem`, e.g. the fact that is stored as `:fact`.
#[must_use]
pub fn update_value<'a>(details: &'a CallDetails, name: &str) -> Option<&'a str> {
    match details {
        CallDetails::UpdateItem { values, .. } => values[name]["S"].as_str(),
        _ => None,
    }
}
