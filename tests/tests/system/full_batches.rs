//! Kills in the midst of full batches, as they happen in production: all arrives, in order for each key, and what
//! happens twice is no more than what the killed processes had in flight.

use std::collections::BTreeMap;

use tidings_bank_events::{AccountId, Event, Payload};
use tidings_cli::demo::effect::Effect;
use tidings_recorder::{Action, CallDetails, Fault, Matcher};
use tidings_tests::{System, audit_line, fixture, ledger_item, mail, record, sms};

const KEYS: usize = 10;
const EVENTS_PER_KEY: usize = 6;
/// Each function is killed so often. Twice, because a record whose third start ends like that is a dead letter.
const KILLS: u32 = 2;
/// Long enough for a whole batch; a killed invocation's claims last a second longer.
const TIMEOUT: (&str, &str) = ("FunctionTimeoutSeconds", "15");

#[tokio::test(flavor = "multi_thread")]
async fn kills_in_full_batches_repeat_no_more_than_what_was_in_flight() {
    let system = System::start(&[TIMEOUT]).await;
    let at_once: usize = system.stack.environment["MAX_CONCURRENCY"].parse().unwrap();
    let ledger =
        Matcher { resource: Some("-ledger".to_owned()), ..system.calls_of("bank-ledger", "PutItem") };
    let faults = [
        (system.calls_of("bank-email", "SendEmail"), 7, Action::KillAfter),
        (system.calls_of("bank-sms", "Publish"), 11, Action::KillBefore),
        (system.calls_of("bank-audit", "PutObject"), 1, Action::KillAfter),
        (ledger, 5, Action::KillAfter),
    ];
    let faults = faults.map(|(matcher, skip, action)| {
        system.stack.recorder.inject(Fault::new(matcher, action).skip(skip).times(KILLS))
    });
    let mut places = Vec::new();
    let events: Vec<Event> =
        (0..EVENTS_PER_KEY).flat_map(|round| (0..KEYS).map(move |key| event(key, round))).collect();
    for event in &events {
        places.push(system.publish(record(event)).await.place());
    }
    system.settled().await;

    for fault in faults {
        assert_eq!(system.stack.recorder.happened(fault), KILLS);
    }
    let times = |effect: fn(String) -> Effect| -> Vec<usize> {
        events.iter().map(|event| system.times(&effect(event.event_id.to_string()))).collect()
    };
    for (name, times) in [("e-mail", times(mail)), ("SMS", times(sms))] {
        let lost = times.iter().filter(|times| **times == 0).count();
        let repeated = times.iter().sum::<usize>() + lost - events.len();
        assert_eq!(lost, 0, "{name}");
        assert!(repeated <= at_once * KILLS as usize, "{name}: {repeated} repeated");
    }
    assert_eq!(times(ledger_item), vec![1; events.len()], "an entry has its key");
    assert!(places.into_iter().all(|place| system.times(&audit_line(place)) >= 1));
    for function in ["bank-email", "bank-sms", "bank-push", "bank-audit", "bank-ledger"] {
        assert_eq!(system.dead_letters(function).await.len(), 0, "{function}");
    }
    for (key, rounds) in mails_by_key(&system) {
        assert!(rounds.is_sorted(), "key {key}: {rounds:?}");
    }
    system.stop().await;
}

fn event(key: usize, round: usize) -> Event {
    let mut event = fixture("transaction.completed-basic");
    event.event_id = format!("EVT-{key}-{round}").parse().unwrap();
    if let Payload::TransactionCompleted(transfer) = &mut event.payload {
        transfer.from_account.account_id = format!("ACC-key-{key}").parse::<AccountId>().unwrap();
    }
    event
}

/// Which events of each key were sent, in the order of sending. One that is sent again comes before the next one.
fn mails_by_key(system: &System) -> BTreeMap<String, Vec<usize>> {
    let mut calls = system.stack.recorder.calls();
    calls.retain(|call| call.is_success() && matches!(call.details, CallDetails::SendEmail { .. }));
    calls.sort_by_key(|call| call.at);
    let mut mails: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for call in calls {
        let id = call.event_id.clone().unwrap();
        let [_, key, round] = id.split('-').collect::<Vec<_>>()[..] else { panic!("no id of ours: {id}") };
        mails.entry(key.to_owned()).or_default().push(round.parse().unwrap());
    }
    mails
}
