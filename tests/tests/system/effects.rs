//! Every subscriber of every topic gets each event once, however often it is delivered.

use std::collections::{BTreeMap, BTreeSet};

use tidings_bank_events::{Event, Payload};
use tidings_cli::demo::effect::{Effect, Happened, Published};
use tidings_events::Catalog as _;
use tidings_tests::{System, audit_line, fixture, ledger_item, mail, pdf, push, record, sms};

/// Devices of the customer whom the fixtures of transfers are about.
const DEVICES: [&str; 2] = ["phone", "tablet"];

#[tokio::test(flavor = "multi_thread")]
async fn every_subscriber_of_every_topic_gets_each_event_once() {
    deliver_everything_again(&[]).await;
}

/// In on-demand mode the whole batch comes again; the table of facts makes that the same.
#[tokio::test(flavor = "multi_thread")]
async fn without_partial_batch_responses_the_outcome_is_the_same() {
    deliver_everything_again(&[("PartialBatchResponses", "false")]).await;
}

async fn deliver_everything_again(parameters: &[(&str, &str)]) {
    let system = System::start(parameters).await;
    let events = events();
    add_devices(&system, &events).await;
    let mut expected: BTreeMap<Effect, usize> = BTreeMap::new();
    // The second round repeats the first, record by record; the third does so under other keys, so in other
    // partitions, which other invocations read at the same time. Only the audit archive keeps all.
    for round in 0..3 {
        for event in &events {
            let mut record = record(event);
            if round == 2 {
                record.key = Some(format!("elsewhere {}", event.event_id).into_bytes());
            }
            let published = system.publish(record).await;
            for effect in effects(event, &published) {
                let is_new = round == 0 || effect.function == "bank-audit";
                *expected.entry(effect).or_default() += usize::from(is_new);
            }
        }
    }
    system.settled().await;

    let mut happened = counts(&system.happened());
    // What statements announce is an event of its own; its e-mail carries the derived event's id.
    let announced = events.iter().filter(|event| event.topic() == "statement.requested").count();
    let derived =
        happened.keys().filter(|effect| !expected.contains_key(effect)).cloned().collect::<Vec<_>>();
    assert!(derived.iter().all(|effect| effect.function == "bank-email"), "{derived:?}");
    assert_eq!(derived.len(), announced, "{derived:?}");
    for effect in derived {
        assert_eq!(happened.remove(&effect), Some(1), "{effect}");
    }
    assert_eq!(happened, expected);
    for function in subscribers().into_values().flatten().collect::<BTreeSet<_>>() {
        assert_eq!(system.dead_letters(&function).await, Vec::<serde_json::Value>::new(), "{function}");
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_id_with_other_content_is_a_dead_letter_and_the_first_stays_as_it_is() {
    let system = System::start(&[]).await;
    let first = fixture("account.frozen-basic");
    let mut second = fixture("account.frozen-hindi");
    second.event_id = first.event_id.clone();
    let first_record = record(&first);
    // The same key, so that the two are handled in the order in which they are published.
    let second_record =
        tidings_local::produce::OutgoingRecord { key: first_record.key.clone(), ..record(&second) };
    system.publish(first_record.clone()).await;
    system.publish(second_record).await;
    system.publish(first_record).await;
    system.settled().await;

    let id = first.event_id.to_string();
    assert_eq!(system.times(&mail(id.clone())), 1);
    assert_eq!(system.times(&sms(id.clone())), 1);
    for function in ["bank-email", "bank-sms"] {
        let letters = system.dead_letters(function).await;
        assert_eq!(letters.len(), 1, "{function}");
        assert_eq!(letters[0]["error"]["type"], "EventIdReused");
        assert_eq!(letters[0]["eventId"], id);
    }
    system.stop().await;
}

/// Two events per topic, where there are so many fixtures whose subscribers all accept them.
fn events() -> Vec<Event> {
    let names = [
        "account.frozen-basic",
        "account.frozen-hindi",
        "bill.paid-basic",
        "bill.paid-kwd",
        "loan.applied-basic",
        "loan.applied-eur",
        "loan.approved-basic",
        "loan.approved-jpy",
        "scheduled.transfer-basic",
        "scheduled.transfer-script",
        "statement.generated-basic",
        "statement.generated-hindi",
        "statement.requested-basic",
        "statement.requested-one-day",
        "transaction.completed-seed",
        "transaction.completed-script",
        "transaction.failed-basic",
        "transaction.failed-hindi",
        "user.login-basic",
        "user.login-minimal",
        "user.registered-basic",
        "user.registered-script",
    ];
    let events: Vec<Event> = names.iter().map(|name| fixture(name)).collect();
    assert!(Payload::TOPICS.iter().all(|topic| events.iter().any(|event| event.topic() == topic.name)));
    events
}

/// What the catalog asks for, told without the demo's help.
fn effects(event: &Event, published: &Published) -> Vec<Effect> {
    let id = event.event_id.as_str();
    let of_function = |function: &String| match function.as_str() {
        "bank-email" => vec![mail(id)],
        "bank-sms" => vec![sms(id)],
        "bank-push" => DEVICES.map(|device| push(id, device)).to_vec(),
        "bank-statement" => vec![pdf(id)],
        "bank-ledger" => vec![ledger_item(id)],
        "bank-audit" => vec![audit_line(published.place())],
        other => panic!("the catalog has no function {other}"),
    };
    subscribers()[event.topic()].iter().flat_map(of_function).collect()
}

/// The functions that subscribe to each topic.
fn subscribers() -> BTreeMap<String, Vec<String>> {
    toml::from_str(include_str!("../../../events/bank/subscribers.toml")).unwrap()
}

fn counts(happened: &Happened) -> BTreeMap<Effect, usize> {
    happened.iter().map(|(effect, times)| (effect.clone(), times.len())).collect()
}

async fn add_devices(system: &System, events: &[Event]) {
    let senders = events.iter().filter_map(|event| match &event.payload {
        Payload::TransactionCompleted(it) | Payload::ScheduledTransfer(it) => Some(&it.from_account.user_id),
        _ => None,
    });
    for user in senders.collect::<std::collections::BTreeSet<_>>() {
        for device in DEVICES {
            let arn = system.stack.emulator.create_platform_endpoint(user.as_str(), device).await.unwrap();
            let item = serde_json::json!({
                "user_id": { "S": user.as_str() }, "device_id": { "S": device }, "endpoint_arn": { "S": arn },
            });
            system.stack.emulator.put_item("tidings-local-devices", &item).await.unwrap();
        }
    }
}
