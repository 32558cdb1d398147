//! Every kind of function, killed once before and once after each of its steps. Each record is an invocation of its
//! own, so that a kill concerns no other record and what may happen twice is exact.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::{Value, json};
use tidings_cli::demo::effect::Published;
use tidings_local::produce::OutgoingRecord;
use tidings_recorder::{Action, Call, CallDetails, Fault, FaultId, Matcher};
use tidings_tests::{System, fixture_bytes, ledger_item, push, sms, templates_with, update_value};

/// A killed invocation's claims last until its deadline and a second: short, so that the test is, but not so short
/// that a busy machine ends what is not killed.
const SHORT: &[(&str, &str)] = &[("FunctionTimeoutSeconds", "15")];
/// The device of a customer that faults are about, and the one beside it.
const DEVICES: [&str; 2] = ["phone", "tablet"];

/// What a function does for a record, in this order; the last two instead of the effect and its fact.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Claim,
    /// push only: each device is claimed on its own.
    DeviceClaim,
    Effect,
    DeviceDone,
    Done,
    DeadLetter,
    DeadLettered,
}

use Step::{Claim, DeadLetter, DeadLettered, DeviceClaim, DeviceDone, Done, Effect};

/// A function, the topic whose records it is killed over, and its steps: how often the effect (or dead letter) has
/// happened in the end after a kill before the step, and after it.
struct Function {
    binary: &'static str,
    topic: &'static str,
    steps: &'static [(Step, usize, usize)],
}

/// SES, SNS and SQS have no idempotency token: what was in flight may happen twice. A ledger entry and an object
/// have their keys, so they happen once whatever is repeated.
const FUNCTIONS: &[Function] = &[
    Function {
        binary: "bank-email",
        topic: "loan.applied",
        steps: &[(Claim, 1, 1), (Effect, 1, 2), (Done, 2, 1), (DeadLetter, 1, 2), (DeadLettered, 2, 1)],
    },
    Function {
        binary: "bank-sms",
        topic: "loan.approved",
        steps: &[(Claim, 1, 1), (Effect, 1, 2), (Done, 2, 1), (DeadLetter, 1, 2), (DeadLettered, 2, 1)],
    },
    Function {
        binary: "bank-push",
        topic: "scheduled.transfer",
        steps: &[(Claim, 1, 1), (DeviceClaim, 1, 1), (Effect, 1, 2), (DeviceDone, 2, 1), (Done, 1, 1)],
    },
    Function {
        binary: "bank-ledger",
        topic: "bill.paid",
        steps: &[(Claim, 1, 1), (Effect, 1, 1), (Done, 1, 1), (DeadLetter, 1, 2), (DeadLettered, 2, 1)],
    },
    Function {
        binary: "bank-statement",
        topic: "statement.requested",
        steps: &[(Claim, 1, 1), (Effect, 1, 1), (Done, 1, 1), (DeadLetter, 1, 2), (DeadLettered, 2, 1)],
    },
    Function {
        binary: "bank-audit",
        topic: "user.login",
        steps: &[(Claim, 1, 1), (Effect, 1, 1), (Done, 1, 1)],
    },
];

/// One event, killed once at one step.
struct Case {
    function: &'static Function,
    step: Step,
    action: Action,
    times: usize,
    id: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn each_function_killed_before_and_after_each_step_loses_nothing() {
    let templates = templates_with(&[("BatchSize", "1"), ("WindowSeconds", "0")]);
    let system = System::start_with(templates.path().to_owned(), SHORT).await;
    let mut mappings = system.stack.template.functions.iter().flat_map(|function| &function.mappings);
    assert!(mappings.all(|mapping| mapping.batch_size == 1), "every record is a batch");
    let cases = cases();
    let mut started = Vec::new();
    for case in &cases {
        add_devices(&system, &case.id).await;
        // audit knows records by their places: what has a key follows what had it before.
        let before = system.publish(OutgoingRecord { value: None, ..record(case) }).await;
        let place = Published { offset: before.offset + 1, ..before };
        let fault = inject(&system, case, &place);
        let published = system.publish(record(case)).await;
        assert_eq!(published.place(), place.place());
        started.push((case, fault, place));
    }
    system.settled().await;

    for (case, fault, place) in started {
        let label = format!("{} {:?} {:?}", case.function.binary, case.step, case.action);
        assert_eq!(system.stack.recorder.happened(fault), 1, "the fault met its call: {label}");
        assert_eq!(times(&system, case, &place).await, case.times, "{label}");
        if case.function.binary == "bank-push" {
            assert_eq!(pushes(&system, &case.id, DEVICES[1]), 1, "the other device: {label}");
        }
        if case.function.binary == "bank-statement" && !is_dead(case.step) {
            assert_eq!(mails_to(&system, &case.id), 1, "it is announced once: {label}");
        }
    }
    system.stop().await;
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for function in FUNCTIONS {
        for &(step, before, after) in function.steps {
            for (action, times) in [(Action::KillBefore, before), (Action::KillAfter, after)] {
                let id = format!("EVT-{}-{step:?}-{action:?}", function.binary);
                cases.push(Case { function, step, action, times, id });
            }
        }
    }
    cases
}

fn is_dead(step: Step) -> bool {
    matches!(step, DeadLetter | DeadLettered)
}

/// The event of a case: a customer and an account of its own, so a key of its own. What is to become a dead letter
/// has a version that nobody knows.
fn record(case: &Case) -> OutgoingRecord {
    let topic = case.function.topic;
    let mut event: Value = serde_json::from_slice(&fixture_bytes(&format!("{topic}-basic"))).unwrap();
    event["event_id"] = json!(case.id);
    if is_dead(case.step) {
        event["version"] = json!("2.0");
    }
    personalise(&mut event["data"], &case.id);
    OutgoingRecord {
        topic: topic.to_owned(),
        key: Some(case.id.clone().into_bytes()),
        value: Some(event.to_string().into_bytes()),
        headers: Vec::new(),
    }
}

fn personalise(data: &mut Value, id: &str) {
    let Some(fields) = data.as_object_mut() else { return };
    for (name, field) in fields {
        match name.as_str() {
            "user_id" => *field = json!(id),
            "account_id" => *field = json!(format!("ACC-{id}")),
            "user_email" => *field = json!(address(id)),
            _ => personalise(field, id),
        }
    }
}

fn address(id: &str) -> String {
    format!("{}@example.com", id.to_lowercase())
}

async fn add_devices(system: &System, user: &str) {
    for device in DEVICES {
        let arn = system.stack.emulator.create_platform_endpoint(user, device).await.unwrap();
        let item = json!({
            "user_id": { "S": user }, "device_id": { "S": device }, "endpoint_arn": { "S": arn },
        });
        system.stack.emulator.put_item("tidings-local-devices", &item).await.unwrap();
    }
}

/// The id of a claim, as the consumer writes it.
fn claim_id(details: &CallDetails) -> Option<&str> {
    match details {
        CallDetails::PutItem { item, .. } => item["id"]["S"].as_str(),
        CallDetails::UpdateItem { key, .. } => key["id"]["S"].as_str(),
        _ => None,
    }
}

fn inject(system: &System, case: &Case, place: &Published) -> FaultId {
    let (step, binary) = (case.step, case.function.binary);
    let operation = match (step, binary) {
        (Claim | DeviceClaim, _) | (Effect, "bank-ledger") => "PutItem",
        (Done | DeviceDone | DeadLettered, _) => "UpdateItem",
        (DeadLetter, _) => "SendMessage",
        (_, "bank-email") => "SendEmail",
        (_, "bank-sms" | "bank-push") => "Publish",
        _ => "PutObject",
    };
    let (folder, object) = (format!("audit/{}/", place.topic), audit_object(place));
    let meets = move |details: &CallDetails| {
        let is_device = claim_id(details).is_some_and(|id| id.ends_with("#phone"));
        match step {
            Claim => claim_id(details).is_some_and(|id| !id.ends_with("#phone") && !id.ends_with("#tablet")),
            DeviceClaim => is_device,
            DeviceDone => is_device && update_value(details, ":fact") == Some("done"),
            Done => {
                update_value(details, ":fact") == Some("done")
                    && claim_id(details).is_some_and(|id| id.matches('#').count() == 1)
            }
            DeadLettered => update_value(details, ":fact") == Some("dead-lettered"),
            DeadLetter => true,
            Effect => match details {
                CallDetails::PublishPush { attributes, .. } => {
                    attributes.get("device_id").is_some_and(|device| device == DEVICES[0])
                }
                CallDetails::PutItem { table, .. } => table.ends_with("-ledger"),
                CallDetails::PutObject { key, .. } if key.starts_with("audit/") => {
                    key.starts_with(&folder) && key.contains(&object)
                }
                _ => true,
            },
        }
    };
    let event_id = match (binary, step) {
        ("bank-audit", Effect) => None,
        ("bank-audit", _) => Some(place.place()),
        _ => Some(case.id.clone()),
    };
    let matcher =
        Matcher { event_id, predicate: Some(Arc::new(meets)), ..system.calls_of(binary, operation) };
    system.stack.recorder.inject(Fault::new(matcher, case.action.clone()).times(1))
}

fn pushes(system: &System, id: &str, device: &str) -> usize {
    system.times(&push(id, device))
}

fn mails_to(system: &System, id: &str) -> usize {
    let address = address(id);
    let is_to = |call: &&Arc<Call>| {
        call.is_success()
            && matches!(&call.details, CallDetails::SendEmail { to, .. } if to.contains(&address))
    };
    system.stack.recorder.calls().iter().filter(is_to).count()
}

async fn times(system: &System, case: &Case, place: &Published) -> usize {
    let (binary, id) = (case.function.binary, case.id.clone());
    if is_dead(case.step) {
        let letters = system.dead_letters(binary).await;
        return letters.iter().filter(|letter| letter["eventId"] == id.as_str()).count();
    }
    match binary {
        "bank-email" => mails_to(system, &id),
        "bank-sms" => system.times(&sms(id)),
        "bank-push" => pushes(system, &id, DEVICES[0]),
        "bank-ledger" => system.times(&ledger_item(id)),
        "bank-statement" => objects(system, &format!("statements/ACC-{id}/"), ""),
        _ => objects(system, &format!("audit/{}/", place.topic), &audit_object(place)),
    }
}

/// What the key of the object has in it that holds this record alone.
fn audit_object(place: &Published) -> String {
    format!("partition={}/{}-{1}-", place.partition, place.offset)
}

/// How many different objects are stored under such keys; what is stored again must be the same.
fn objects(system: &System, prefix: &str, part: &str) -> usize {
    let mut contents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for call in system.stack.recorder.calls().iter().filter(|call| call.is_success()) {
        if let CallDetails::PutObject { key, sha256, .. } = &call.details
            && key.starts_with(prefix)
            && key.contains(part)
        {
            contents.entry(key.clone()).or_default().insert(sha256.clone());
        }
    }
    assert!(contents.values().all(|contents| contents.len() == 1), "one object, one content: {contents:?}");
    contents.len()
}
