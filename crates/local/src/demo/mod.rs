//! The demo: a day at a small bank goes through the whole stack, and every record's end is checked.

mod announcements;
pub mod effect;
mod people;
mod scenario;
pub mod table;
pub mod tally;
pub mod verdict;

use std::{
    collections::{HashMap, HashSet},
    io::IsTerminal as _,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use serde_json::json;
use tidings_events::{Event, Payload, Topic};
use tidings_publisher::{Auth, Publisher, PublisherSettings};

use crate::{
    emulator::EmulatorError,
    error::StartError,
    mapping::MappingError,
    recorder::{Action, CallDetails, Fault, Matcher},
    stack::Stack,
};
use announcements::read_topic;
use effect::{Effect, Expectation, Happened, Published, happened};
use people::Person;
use scenario::{Planned, Scenario, scenario};
use tally::Tally;
use verdict::{Delivery, Verdict, judge, latencies};

/// How long the records may take to settle.
const SETTLED_WITHIN: Duration = Duration::from_secs(180);
/// How often the progress is looked at.
const TICK: Duration = Duration::from_millis(200);
/// How often it is printed where there is no terminal to draw a bar on.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// The demo could not be carried out; how the records ended is not known.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Something that the demo needs did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The emulator refused what the demo sets up.
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
    /// A mapping stopped.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// An event could not be published.
    #[error("publishing failed: {0}; look at the broker")]
    Publish(#[from] tidings_publisher::PublishError),
    /// The broker did not take or give records.
    #[error("Kafka failed: {0}; look at the broker")]
    Kafka(#[from] rdkafka::error::KafkaError),
}

/// A fault to slip in, to see that the demo notices: it must then fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sabotage {
    /// The function's binary.
    pub function: String,
    /// What happens to one of its effects.
    pub kind: SabotageKind,
}

/// What happens to one effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SabotageKind {
    /// It happens twice.
    Twice,
    /// It does not happen, and the function is told that it did.
    Drop,
}

impl FromStr for Sabotage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let usage =
            || format!("{text} is no sabotage; give FUNCTION=twice or FUNCTION=drop, e.g. email=twice");
        let (function, kind) = text.split_once('=').ok_or_else(usage)?;
        let kind = match kind {
            "twice" => SabotageKind::Twice,
            "drop" => SabotageKind::Drop,
            _ => return Err(usage()),
        };
        Ok(Self { function: function.to_owned(), kind })
    }
}

/// What the demo came to.
pub struct Report {
    /// Whether every record ended as it should.
    pub verdict: Verdict,
    /// The table per function.
    pub table: String,
    /// An e-mail, an SMS and a push as text.
    pub samples: String,
    /// Where one of the statements was saved.
    pub statement: Option<PathBuf>,
}

/// Publishes the scenario, waits until it is settled, and judges.
pub async fn run(
    stack: &Stack,
    tally: &Arc<Tally>,
    sabotage: Option<&Sabotage>,
    save_to: &Path,
) -> Result<Report, DemoError> {
    let scenario = scenario(Timestamp::now());
    let devices = register_devices(stack, &scenario.people).await?;
    let refused = HashSet::from([Effect::Mail(scenario.always_refused.to_string())]);
    let mut expectation = Expectation::new(devices, refused);
    inject_faults(stack, &scenario, sabotage)?;

    let publisher = publisher(stack)?;
    let mut records = publish(stack, &publisher, &scenario.day).await?;
    wait_until_settled(stack, tally, &records, "the day").await?;
    let statements = publish(stack, &publisher, &scenario.statements).await?;
    records.extend(statements);
    wait_until_settled(stack, tally, &records, "the statements").await?;
    let generated = announced(stack).await?;
    let happened = all_that_happened(stack, &generated);
    records.extend(generated);

    let deliveries = deliveries(stack, tally, &records, &mut expectation);
    let calls = stack.recorder.calls();
    Ok(Report {
        verdict: judge(&deliveries, &happened),
        table: table::table(&tally.counts(), &latencies(&deliveries, &happened)),
        samples: table::samples(&calls),
        statement: save_statement(stack, save_to)?,
    })
}

fn publisher(stack: &Stack) -> Result<Publisher, DemoError> {
    let bootstrap_servers = stack.broker.bootstrap_servers().to_owned();
    Publisher::new(PublisherSettings { bootstrap_servers, auth: Auth::None })
        .map_err(|error| StartError::Setting(error.to_string()).into())
}

/// Creates each customer's devices; device ids by user id.
async fn register_devices(
    stack: &Stack,
    people: &[Person],
) -> Result<HashMap<String, Vec<String>>, DemoError> {
    let Some(table) = stack.function("push").and_then(|push| push.environment.get("DEVICES_TABLE")) else {
        return Ok(HashMap::new());
    };
    let mut devices: HashMap<String, Vec<String>> = HashMap::new();
    for person in people {
        let user = person.account.user_id.as_str();
        for number in 1..=person.devices {
            let device = format!("{user}-phone-{number}");
            let arn = stack.emulator.create_platform_endpoint(user, &device).await?;
            let item = json!({ "user_id": { "S": user }, "device_id": { "S": device }, "endpoint_arn": { "S": arn } });
            stack.emulator.put_item(table, &item).await?;
            devices.entry(user.to_owned()).or_default().push(device);
        }
    }
    Ok(devices)
}

fn inject_faults(stack: &Stack, scenario: &Scenario, sabotage: Option<&Sabotage>) -> Result<(), DemoError> {
    let matcher = |function: &str, operation: &str, event_id: Option<String>| Matcher {
        function: stack.function(function).map(|function| function.name.clone()),
        operation: Some(operation.to_owned()),
        event_id,
        ..Matcher::default()
    };
    if let Some(sabotage) = sabotage {
        let known = stack.function(&sabotage.function).is_some();
        let Some(operation) = effect_operation(&sabotage.function).filter(|_| known) else {
            let message = format!("there is no function {} to sabotage", sabotage.function);
            return Err(StartError::Setting(message).into());
        };
        let action = match sabotage.kind {
            SabotageKind::Twice => Action::Twice,
            SabotageKind::Drop => Action::Swallow,
        };
        let mut matcher = matcher(&sabotage.function, operation, None);
        // The ledger's effect and its claims are the same operation on different tables.
        matcher.resource = (sabotage.function == "ledger").then(|| "-ledger".to_owned());
        stack.recorder.inject(Fault::new(matcher, action).times(1));
    }
    let refuse = Action::Respond { status: 503, code: "ServiceUnavailable".to_owned() };
    let refused = matcher("email", "SendEmail", Some(scenario.always_refused.to_string()));
    stack.recorder.inject(Fault::new(refused, refuse));
    let throttle = Action::Respond { status: 400, code: "Throttling".to_owned() };
    let throttled = matcher("sms", "Publish", Some(scenario.throttled_twice.to_string()));
    stack.recorder.inject(Fault::new(throttled, throttle).times(2));
    Ok(())
}

fn effect_operation(function: &str) -> Option<&'static str> {
    match function {
        "email" => Some("SendEmail"),
        "sms" | "push" => Some("Publish"),
        "statement" | "audit" => Some("PutObject"),
        "ledger" => Some("PutItem"),
        _ => None,
    }
}

/// Publishes in order, each record after the one before it is acknowledged only where they share a key: the
/// producers keep the order of their partitions, so all are on their way at once.
async fn publish(
    stack: &Stack,
    publisher: &Publisher,
    planned: &[Planned],
) -> Result<Vec<Published>, DemoError> {
    let publications = planned.iter().map(|planned| publish_one(stack, publisher, planned));
    futures::future::try_join_all(publications).await
}

async fn publish_one(
    stack: &Stack,
    publisher: &Publisher,
    planned: &Planned,
) -> Result<Published, DemoError> {
    let at = Timestamp::now();
    match planned {
        Planned::Event(event) => {
            let delivery = publisher.publish(event, None).await?;
            Ok(Published {
                topic: event.event_type().to_owned(),
                partition: delivery.partition,
                offset: delivery.offset,
                value: Some(encoded(event)),
                at,
            })
        }
        Planned::Bytes(record) => {
            let position = stack.producer.publish(record).await?;
            Ok(Published {
                topic: record.topic.clone(),
                partition: position.partition,
                offset: position.offset,
                value: record.value.clone(),
                at,
            })
        }
    }
}

fn encoded(event: &Event) -> Vec<u8> {
    event.encode().expect("an event that was published can be encoded")
}

/// Waits until all mappings have committed all records, with a progress bar.
async fn wait_until_settled(
    stack: &Stack,
    tally: &Arc<Tally>,
    records: &[Published],
    what: &str,
) -> Result<(), DemoError> {
    let places = places(stack, records);
    let progress = Progress::new(places.len(), what);
    let show = async {
        let mut ticks = tokio::time::interval(TICK);
        loop {
            ticks.tick().await;
            let is_committed = |place: &&(String, i32, i64)| tally.is_committed(&place.0, place.1, place.2);
            progress.show(places.iter().filter(is_committed).count());
        }
    };
    tokio::select! {
        settled = tokio::time::timeout(SETTLED_WITHIN, stack.settled()) => {
            // What is not settled by now the verdict tells.
            if let Ok(settled) = settled { settled?; }
        }
        () = show => {}
    }
    progress.finish();
    Ok(())
}

/// Mapping, partition and offset of every delivery.
fn places(stack: &Stack, records: &[Published]) -> Vec<(String, i32, i64)> {
    let mappings = stack.template.functions.iter().flat_map(|function| &function.mappings);
    let of_mapping = |mapping: &crate::template::Mapping| {
        let records = records.iter().filter(|record| record.topic == mapping.topic);
        let place = |record: &Published| (mapping.id.clone(), record.partition, record.offset);
        records.map(place).collect::<Vec<_>>()
    };
    mappings.flat_map(of_mapping).collect()
}

async fn announced(stack: &Stack) -> Result<Vec<Published>, DemoError> {
    let servers = stack.broker.bootstrap_servers().to_owned();
    let topic = Topic::StatementGenerated.name();
    let read = tokio::task::spawn_blocking(move || read_topic(&servers, topic)).await;
    Ok(read.expect("reading does not panic")?)
}

fn all_that_happened(stack: &Stack, generated: &[Published]) -> Happened {
    let binary = |function: &crate::template::Function| (function.name.clone(), function.binary.clone());
    let binaries = stack.template.functions.iter().map(binary).collect();
    let mut happened = happened(&stack.recorder.calls(), &binaries);
    for record in generated {
        let event = Event::decode(record.value.as_deref().unwrap_or_default(), &record.topic);
        if let Ok(Event { payload: Payload::StatementGenerated(it), .. }) = event {
            happened.entry(Effect::Announcement(it.key)).or_default().push(record.at);
        }
    }
    happened
}

/// Every record for every subscriber, with what should come of it. Records count in the order in which their
/// partitions hold them.
fn deliveries(
    stack: &Stack,
    tally: &Tally,
    records: &[Published],
    expectation: &mut Expectation,
) -> Vec<Delivery> {
    let mut records: Vec<&Published> = records.iter().collect();
    records.sort_by_key(|record| (record.topic.clone(), record.partition, record.offset));
    let mut deliveries = Vec::new();
    for function in &stack.template.functions {
        for record in &records {
            let Some(mapping) = function.mappings.iter().find(|mapping| mapping.topic == record.topic) else {
                continue;
            };
            deliveries.push(Delivery {
                function: function.binary.clone(),
                published: record.at,
                effects: expectation.of(&function.binary, record),
                committed: tally.is_committed(&mapping.id, record.partition, record.offset),
            });
        }
    }
    deliveries
}

fn save_statement(stack: &Stack, folder: &Path) -> Result<Option<PathBuf>, DemoError> {
    let calls = stack.recorder.calls();
    let pdf = calls.iter().filter(|call| call.is_success()).find_map(|call| match &call.details {
        CallDetails::PutObject { key, body, .. } if key.ends_with(".pdf") => {
            Some((key.clone(), body.clone()))
        }
        _ => None,
    });
    let Some((key, body)) = pdf else { return Ok(None) };
    let path = folder.join(key.replace('/', "-"));
    let failed = |source| StartError::File { path: path.clone(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    std::fs::write(&path, body).map_err(failed)?;
    Ok(Some(path))
}

/// A bar on a terminal, a line now and then elsewhere.
struct Progress {
    bar: ProgressBar,
    total: usize,
    what: String,
    last_line: std::sync::Mutex<Option<std::time::Instant>>,
}

impl Progress {
    fn new(total: usize, what: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{msg:>16} {bar:40} {pos}/{len} records settled, {elapsed}");
        bar.set_style(style.expect("the template is a constant"));
        bar.set_message(what.to_owned());
        Self { bar, total, what: what.to_owned(), last_line: std::sync::Mutex::new(None) }
    }

    fn show(&self, settled: usize) {
        self.bar.set_position(settled as u64);
        if std::io::stderr().is_terminal() {
            return;
        }
        let mut last = self.last_line.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= LINE_EVERY) {
            eprintln!("{}: {settled}/{} records settled", self.what, self.total);
            *last = Some(std::time::Instant::now());
        }
    }

    fn finish(&self) {
        self.bar.abandon();
    }
}
