//! Records of one key are handled in order, also when some of them fail first; what fails for good is a dead letter
//! after three attempts.

use std::{collections::BTreeMap, sync::Arc};

use tidings_bank_events::{AccountId, Event, Payload};
use tidings_recorder::{Action, Call, Fault, Matcher};
use tidings_tests::{System, fixture, record, sms};

const KEYS: usize = 4;
const EVENTS_PER_KEY: usize = 15;

#[tokio::test(flavor = "multi_thread")]
async fn records_of_one_key_arrive_in_order_and_failures_keep_their_place() {
    let system = System::start(&[]).await;
    for round in [3, 7] {
        // Throttled twice, then accepted: the records behind it wait.
        throttle(&system, &id(0, round), 2);
    }
    // Refused for good: the records behind it go on after the third attempt.
    refuse(&system, &id(1, 5));
    let records = (0..EVENTS_PER_KEY).flat_map(|round| (0..KEYS).map(move |key| event(key, round)));
    for event in records {
        system.publish(record(&event)).await;
    }
    system.settled().await;

    let mails = mails_in_order(&system);
    for key in 0..KEYS {
        let refused = |round: &usize| (key, *round) == (1, 5);
        let expected: Vec<String> =
            (0..EVENTS_PER_KEY).filter(|round| !refused(round)).map(|round| id(key, round)).collect();
        assert_eq!(mails.get(&format!("{key}")), Some(&expected), "key {key}");
    }
    let letters = system.dead_letters("bank-email").await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0]["eventId"], id(1, 5));
    assert_eq!(letters[0]["attempts"], 3);
    assert_eq!(letters[0]["error"]["type"], "ServiceUnavailable");
    let time = |field: &str| letters[0][field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let took = time("lastAttemptAt").duration_since(time("firstAttemptAt"));
    assert!(took >= jiff::SignedDuration::from_secs(3), "waits of one and two seconds: {took:?}");
    assert_eq!(system.times(&sms(id(1, 5))), 1, "other functions are not concerned");
    system.stop().await;
}

fn id(key: usize, round: usize) -> String {
    format!("EVT-{key}-{round:02}")
}

fn event(key: usize, round: usize) -> Event {
    let mut event = fixture("bill.paid-basic");
    event.event_id = id(key, round).parse().unwrap();
    if let Payload::BillPaid(bill) = &mut event.payload {
        bill.from_account.account_id = format!("ACC-key-{key}").parse::<AccountId>().unwrap();
    }
    event
}

fn send_of(system: &System, event_id: &str) -> Matcher {
    Matcher { event_id: Some(event_id.to_owned()), ..system.calls_of("bank-email", "SendEmail") }
}

fn throttle(system: &System, event_id: &str, times: u32) {
    let action = Action::Respond { status: 429, code: "TooManyRequestsException".to_owned() };
    system.stack.recorder.inject(Fault::new(send_of(system, event_id), action).times(times));
}

fn refuse(system: &System, event_id: &str) {
    let action = Action::Respond { status: 503, code: "ServiceUnavailable".to_owned() };
    system.stack.recorder.inject(Fault::new(send_of(system, event_id), action));
}

/// The event ids of accepted e-mails by key, in the order in which they were sent.
fn mails_in_order(system: &System) -> BTreeMap<String, Vec<String>> {
    let mut calls: Vec<Arc<Call>> = system.stack.recorder.calls();
    calls.retain(|call| call.operation == "SendEmail" && call.is_success());
    calls.sort_by_key(|call| call.at);
    let mut mails: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for id in calls.iter().filter_map(|call| call.event_id.clone()) {
        let key = id.split('-').nth(1).unwrap().to_owned();
        mails.entry(key).or_default().push(id);
    }
    mails
}
