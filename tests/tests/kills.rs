//! Functions that are killed: at each step of a record's way nothing is lost, and only an effect that was in flight
//! may happen twice. A record that kills its process every time ends as a dead letter.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::{collections::BTreeSet, sync::Arc};

use tidings_events::{Event, Payload};
use tidings_local::{
    demo::effect::Effect,
    produce::OutgoingRecord,
    recorder::{Action, Call, CallDetails, Fault, FaultId, Matcher},
};
use tidings_tests::{System, fixture, record, update_value};

/// A killed invocation's claims last until its deadline and a second: short, so that the tests are.
const SHORT: &[(&str, &str)] = &[("FunctionTimeoutSeconds", "8")];

/// A step of a record's way through the consumer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Claim,
    Effect,
    Done,
    DeadLetter,
    DeadLettered,
}

/// One event, killed once at one step.
struct Case {
    function: &'static str,
    fixture: &'static str,
    step: Step,
    action: Action,
    /// How often its effect (or dead letter) must have happened in the end.
    times: usize,
}

const fn case(
    function: &'static str,
    fixture: &'static str,
    step: Step,
    action: Action,
    times: usize,
) -> Case {
    Case { function, fixture, step, action, times }
}

/// Each case has a topic, and so an invocation, of its own within its function: a kill takes nothing else with it.
const CASES: &[Case] = &[
    case("email", "transaction.completed-basic", Step::Claim, Action::KillBefore, 1),
    case("email", "transaction.failed-basic", Step::Claim, Action::KillAfter, 1),
    case("email", "user.registered-basic", Step::Effect, Action::KillBefore, 1),
    // The window: SES has the e-mail, and nobody knows.
    case("email", "loan.applied-basic", Step::Effect, Action::KillAfter, 2),
    case("email", "loan.approved-basic", Step::Done, Action::KillBefore, 2),
    case("email", "account.frozen-basic", Step::Done, Action::KillAfter, 1),
    case("sms", "user.registered-basic", Step::Effect, Action::KillAfter, 2),
    case("sms", "loan.approved-basic", Step::Done, Action::KillBefore, 2),
    case("sms", "account.frozen-basic", Step::Claim, Action::KillAfter, 1),
    case("push", "transaction.completed-basic", Step::Effect, Action::KillBefore, 1),
    // Effects under a key of their own do not happen twice.
    case("ledger", "transaction.completed-basic", Step::Effect, Action::KillAfter, 1),
    case("ledger", "bill.paid-basic", Step::Done, Action::KillBefore, 1),
    case("statement", "statement.requested-basic", Step::Effect, Action::KillAfter, 1),
    case("audit", "user.login-basic", Step::Effect, Action::KillAfter, 1),
    case("audit", "account.frozen-basic", Step::Done, Action::KillBefore, 1),
    case("audit", "bill.paid-basic", Step::Claim, Action::KillAfter, 1),
    case("email", "bill.paid-unreadable", Step::DeadLetter, Action::KillBefore, 1),
    // SQS has no token either: the dead letter in flight is there twice.
    case("email", "scheduled.transfer-unreadable", Step::DeadLetter, Action::KillAfter, 2),
    case("sms", "transaction.completed-unreadable", Step::DeadLettered, Action::KillBefore, 2),
    case("sms", "scheduled.transfer-unreadable", Step::DeadLettered, Action::KillAfter, 1),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_step_loses_nothing_and_repeats_at_most_what_was_in_flight() {
    let system = System::start(SHORT).await;
    add_device(&system).await;
    let faults: Vec<FaultId> = CASES.iter().map(|case| inject(&system, case)).collect();
    let mut published = Vec::new();
    let mut fixtures: Vec<&str> = CASES.iter().map(|case| case.fixture).collect();
    fixtures.sort_unstable();
    fixtures.dedup();
    for name in fixtures {
        published.push((name, system.publish(outgoing(name)).await));
    }
    system.settled().await;

    for (case, fault) in CASES.iter().zip(faults) {
        let label = format!("{} {} {:?} {:?}", case.function, case.fixture, case.step, case.action);
        assert_eq!(system.stack.recorder.happened(fault), 1, "the fault met its call: {label}");
        let (_, record) = published.iter().find(|(name, _)| *name == case.fixture).unwrap();
        assert_eq!(times(&system, case, &record.place()), case.times, "{label}");
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_kills_its_process_every_time_ends_as_a_dead_letter_and_its_key_goes_on() {
    let system = System::start(SHORT).await;
    let deadly = fixture("bill.paid-basic");
    let mut later = deadly.clone();
    later.event_id = "EVT-later".parse().unwrap();
    let kill = Matcher { event_id: Some(deadly.event_id.to_string()), ..system.calls_of("sms", "Publish") };
    let fault = system.stack.recorder.inject(Fault::new(kill, Action::KillBefore));
    for event in [&deadly, &later] {
        system.publish(record(event)).await;
    }
    system.settled().await;

    assert_eq!(system.stack.recorder.happened(fault), 3, "three starts");
    let letters = system.dead_letters("sms").await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0]["error"]["type"], "HandlerDied");
    assert_eq!(letters[0]["eventId"], deadly.event_id.as_str());
    assert_eq!(letters[0]["attempts"], 3);
    assert_eq!(system.times(&Effect::Sms("EVT-later".to_owned())), 1);
    // Other functions never noticed.
    assert_eq!(system.times(&Effect::Mail(deadly.event_id.to_string())), 1);
    system.stop().await;
}

/// A fixture as a record; `{topic}-unreadable` is broken JSON on that topic.
fn outgoing(name: &str) -> OutgoingRecord {
    match name.strip_suffix("-unreadable") {
        None => record(&fixture(name)),
        Some(topic) => OutgoingRecord {
            topic: topic.to_owned(),
            key: Some(b"ACC-unreadable".to_vec()),
            value: Some(b"{ \"event_id\": ".to_vec()),
            headers: Vec::new(),
        },
    }
}

fn event(case: &Case) -> Option<Event> {
    (!case.fixture.ends_with("-unreadable")).then(|| fixture(case.fixture))
}

fn inject(system: &System, case: &Case) -> FaultId {
    let operation = match case.step {
        Step::Claim => "PutItem",
        Step::Done | Step::DeadLettered => "UpdateItem",
        Step::DeadLetter => "SendMessage",
        Step::Effect => match case.function {
            "email" => "SendEmail",
            "sms" | "push" => "Publish",
            "ledger" => "PutItem",
            _ => "PutObject",
        },
    };
    let mut matcher = system.calls_of(case.function, operation);
    matcher.resource = match (case.step, case.function) {
        (Step::Claim, _) => Some("-idempotency".to_owned()),
        (Step::Effect, "ledger") => Some("-ledger".to_owned()),
        _ => None,
    };
    let topic = case.fixture.rsplit_once('-').unwrap().0.to_owned();
    // What is claimed by its position has its topic in the id.
    matcher.event_id =
        event(case).filter(|_| case.function != "audit").map(|event| event.event_id.to_string());
    let by_place = matcher.event_id.is_none();
    let step = case.step;
    matcher.predicate = Some(Arc::new(move |details: &CallDetails| {
        let fact_fits = match step {
            Step::Done => update_value(details, ":fact") == Some("done"),
            Step::DeadLettered => update_value(details, ":fact") == Some("dead-lettered"),
            _ => true,
        };
        fact_fits && (!by_place || mentions(details, &topic))
    }));
    system.stack.recorder.inject(Fault::new(matcher, case.action.clone()).times(1))
}

fn mentions(details: &CallDetails, topic: &str) -> bool {
    match details {
        CallDetails::PutItem { item, .. } => item["id"]["S"].as_str().is_some_and(|id| id.contains(topic)),
        CallDetails::UpdateItem { key, .. } => key["id"]["S"].as_str().is_some_and(|id| id.contains(topic)),
        CallDetails::PutObject { key, .. } => key.contains(topic),
        CallDetails::SqsSend { body, .. } => body.contains(topic),
        _ => false,
    }
}

fn times(system: &System, case: &Case, place: &str) -> usize {
    let id = event(case).map_or_else(|| place.to_owned(), |event| event.event_id.to_string());
    match (case.step, case.function) {
        (Step::DeadLetter | Step::DeadLettered, function) => {
            system.times(&Effect::DeadLetter { function: function.to_owned(), id })
        }
        (_, "email") => system.times(&Effect::Mail(id)),
        (_, "sms") => system.times(&Effect::Sms(id)),
        (_, "push") => system.times(&Effect::Push { event_id: id, device_id: DEVICE.to_owned() }),
        (_, "ledger") => system.times(&Effect::LedgerItem(id)),
        (_, "statement") => distinct_objects(system, "statements/", |key| key.starts_with("statements/")),
        (_, function) => {
            let topic = case.fixture.rsplit_once('-').unwrap().0;
            distinct_objects(system, function, |key| key.starts_with(&format!("audit/{topic}/")))
        }
    }
}

/// How many different objects were stored: one that is stored again under its key is one.
fn distinct_objects(system: &System, what: &str, wanted: impl Fn(&str) -> bool) -> usize {
    let stored = |call: &Arc<Call>| match &call.details {
        CallDetails::PutObject { key, .. } if call.is_success() && wanted(key) => Some(key.clone()),
        _ => None,
    };
    let keys: BTreeSet<String> = system.stack.recorder.calls().iter().filter_map(stored).collect();
    assert!(!keys.is_empty(), "nothing stored: {what}");
    keys.len()
}

const DEVICE: &str = "phone-1";

async fn add_device(system: &System) {
    let Payload::TransactionCompleted(transfer) = fixture("transaction.completed-basic").payload else {
        panic!("the fixture is a transfer")
    };
    let user = transfer.from_account.user_id.to_string();
    let arn = system.stack.emulator.create_platform_endpoint(&user, DEVICE).await.unwrap();
    let item = serde_json::json!({
        "user_id": { "S": user }, "device_id": { "S": DEVICE }, "endpoint_arn": { "S": arn },
    });
    system.stack.emulator.put_item("tidings-local-devices", &item).await.unwrap();
}
