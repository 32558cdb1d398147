//! The demo: a day at a small bank goes through the whole stack, and every record's end is checked.

mod announcements;
pub mod effect;
mod error;
mod faults;
mod people;
mod progress;
mod publish;
mod scenario;
pub mod table;
pub mod tally;
pub mod verdict;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde_json::json;
use tidings_local::stack::Stack;
use tidings_process::StartError;
use tidings_recorder::CallDetails;

use announcements::read_topic;
use effect::{Expectation, Happened, Published, announced, happened};
pub use error::DemoError;
use faults::inject_faults;
pub use faults::{Sabotage, SabotageKind};
use people::Person;
use progress::Progress;
use publish::{publish, publisher};
use scenario::scenario;
use tally::Tally;
use verdict::{Delivery, Verdict, judge, latencies};

use crate::function_facts::{FunctionFacts, Sign};

/// How long the records may take to settle.
const SETTLED_WITHIN: Duration = Duration::from_mins(3);
/// How often the progress is looked at.
const TICK: Duration = Duration::from_millis(200);

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

/// Publishes the scenario, waits until it is settled, and judges by what the functions in `repository` say of themselves.
pub async fn run(
    stack: &Stack,
    tally: &Arc<Tally>,
    sabotage: Option<&Sabotage>,
    repository: &Path,
) -> Result<Report, DemoError> {
    let functions = stack.template.functions.iter().map(|function| function.binary.as_str());
    let facts = FunctionFacts::read(repository, functions)?;
    let scenario = scenario(Timestamp::now());
    inject_faults(stack, &facts, &scenario, sabotage)?;
    let devices = register_devices(stack, &scenario.people).await?;
    let unhandled = [&scenario.always_refused, &scenario.not_reachable];
    let unhandled = unhandled.map(|(function, id)| ((*function).to_owned(), id.clone())).into();
    let mut expectation = Expectation::new(&facts, devices, unhandled);

    let publisher = publisher(stack)?;
    let mut records = publish(stack, &publisher, &scenario.day).await?;
    wait_until_settled(stack, tally, &records, "the day").await?;
    let statements = publish(stack, &publisher, &scenario.statements).await?;
    records.extend(statements);
    wait_until_settled(stack, tally, &records, "the statements").await?;
    let own = published_by_functions(stack, &facts).await?;
    let calls = stack.recorder.calls();
    let mut happened: Happened = happened(&calls, &stack.template.functions, &facts);
    happened.extend(announced(&own, &facts));
    records.extend(own);

    let deliveries = deliveries(stack, tally, &records, &mut expectation);
    let functions = facts.all().map(|(function, _)| function);
    Ok(Report {
        verdict: judge(&deliveries, &happened),
        table: table::table(functions, &tally.counts(), &latencies(&deliveries, &happened)),
        samples: table::samples(&calls),
        statement: save_statement(stack, &repository.join(".local/demo"))?,
    })
}

/// Creates each customer's devices; device ids by user id.
async fn register_devices(
    stack: &Stack,
    people: &[Person],
) -> Result<BTreeMap<String, Vec<String>>, DemoError> {
    let mut functions = stack.template.functions.iter();
    let Some(table) = functions.find_map(|function| function.environment.get("DEVICES_TABLE")) else {
        return Ok(BTreeMap::new());
    };
    let mut devices: BTreeMap<String, Vec<String>> = BTreeMap::new();
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
    let of_mapping = |mapping: &tidings_trigger::Mapping| {
        let records = records.iter().filter(|record| record.topic == mapping.topic);
        let place = |record: &Published| (mapping.id.clone(), record.partition, record.offset);
        records.map(place).collect::<Vec<_>>()
    };
    mappings.flat_map(of_mapping).collect()
}

/// The records of the topics that functions publish to.
async fn published_by_functions(stack: &Stack, facts: &FunctionFacts) -> Result<Vec<Published>, DemoError> {
    let topics = facts.all().flat_map(|(_, effects)| effects).filter_map(|effect| match &effect.sign {
        Sign::Event { topic } => Some(topic.clone()),
        Sign::Call(_) => None,
    });
    let (servers, topics) = (stack.broker.bootstrap_servers().to_owned(), topics.collect::<BTreeSet<_>>());
    let read = move || topics.iter().map(|topic| read_topic(&servers, topic)).collect::<Result<Vec<_>, _>>();
    let records = tokio::task::spawn_blocking(read).await.expect("reading does not panic")?;
    Ok(records.concat())
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
        CallDetails::PutObject { key, body, .. } if key.starts_with("statements/") => {
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
