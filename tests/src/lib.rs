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
use tempfile::TempDir;
use tidings_bank_events::Event;
use tidings_cli::{
    demo::{
        effect::{Effect, Happened, Published, happened},
        tally::Tally,
    },
    function_facts::FunctionFacts,
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
    facts: FunctionFacts,
    lines: Arc<Mutex<Vec<String>>>,
}

impl System {
    /// Starts a stack with these template parameters.
    pub async fn start(parameters: &[(&str, &str)]) -> Self {
        Self::start_with(repository(), parameters).await
    }

    /// As [`System::start`], with the templates in the `infra` of another folder.
    pub async fn start_with(templates: PathBuf, parameters: &[(&str, &str)]) -> Self {
        let (tally, lines) = (Arc::new(Tally::default()), Arc::new(Mutex::new(Vec::new())));
        let (events, metrics, log) = (Arc::clone(&tally), Arc::clone(&tally), Arc::clone(&lines));
        let kind: BrokerKind = broker().parse().expect("TIDINGS_TEST_BROKER names a broker");
        let parameters: BTreeMap<String, String> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let options = StackOptions {
            project: tidings_cli::project(&templates, parameters).expect("the templates are there"),
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
        let functions = stack.template.functions.iter().map(|function| function.binary.as_str());
        let facts = FunctionFacts::read(&repository(), functions)
            .unwrap_or_else(|error| panic!("the functions' effects: {error}"));
        Self { stack, tally, facts, lines }
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
        happened(&self.stack.recorder.calls(), &self.stack.template.functions, &self.facts)
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

/// An e-mail for this event.
#[must_use]
pub fn mail(event_id: impl Into<String>) -> Effect {
    Effect::new("bank-email", "e-mail", event_id)
}

/// An SMS for this event.
#[must_use]
pub fn sms(event_id: impl Into<String>) -> Effect {
    Effect::new("bank-sms", "SMS", event_id)
}

/// A push for this event to this device.
#[must_use]
pub fn push(event_id: &str, device_id: &str) -> Effect {
    Effect::for_device("bank-push", "push", event_id, device_id)
}

/// The PDF for this request.
#[must_use]
pub fn pdf(event_id: impl Into<String>) -> Effect {
    Effect::new("bank-statement", "statement PDF", event_id)
}

/// A ledger item for this event.
#[must_use]
pub fn ledger_item(event_id: impl Into<String>) -> Effect {
    Effect::new("bank-ledger", "ledger item", event_id)
}

/// A line in the audit for the record at this `topic/partition/offset`.
#[must_use]
pub fn audit_line(place: impl Into<String>) -> Effect {
    Effect::new("bank-audit", "audit line", place)
}

/// The project's templates in the `infra` of another folder, with other values of these keys wherever they have one
/// that is written out.
#[must_use]
pub fn templates_with(values: &[(&str, &str)]) -> TempDir {
    let copy = TempDir::new().expect("a folder");
    let infra = copy.path().join("infra");
    std::fs::create_dir_all(infra.join("stages")).expect("a folder");
    for file in ["stacks.toml", "stages/local.toml"] {
        std::fs::copy(repository().join("infra").join(file), infra.join(file)).expect("a file of infra");
    }
    let project = tidings_cli::project(&repository(), BTreeMap::new()).expect("the templates are there");
    for template in project.templates {
        let text = std::fs::read_to_string(&template).expect("a template");
        let name = template.file_name().expect("a file");
        std::fs::write(infra.join(name), with_values(&text, values)).expect("a file");
    }
    copy
}

/// Replaces the values of these keys in a YAML text.
fn with_values(text: &str, values: &[(&str, &str)]) -> String {
    // The parser counts characters.
    let characters: Vec<char> = text.chars().collect();
    let (mut edited, mut at, mut replacement) = (String::new(), 0, None);
    for event in saphyr_parser::Parser::new_from_str(text) {
        let (event, span) = event.expect("a template is YAML");
        // A map gives its key, and next its value: what is no scalar is an expression and stays.
        let scalar = if let saphyr_parser::Event::Scalar(scalar, ..) = event { Some(scalar) } else { None };
        match (scalar, replacement.take()) {
            (Some(_), Some(value)) => {
                edited.extend(&characters[at..span.start.index()]);
                edited.push_str(value);
                at = span.end.index();
            }
            (Some(key), None) => {
                replacement = values.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
            }
            (None, _) => {}
        }
    }
    edited.extend(&characters[at..]);
    edited
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
