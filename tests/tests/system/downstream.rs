//! What functions work with fails for a while or for good: nothing is lost, nothing happens twice, and an outage
//! fills no dead letter queue.

use std::{sync::Arc, time::Duration};

use tidings_bank_events::{Event, Payload, UserId};
use tidings_events::Catalog as _;
use tidings_local::produce::OutgoingRecord;
use tidings_recorder::{Action, CallDetails, Fault, Matcher};
use tidings_tests::{System, audit_line, fixture, ledger_item, mail, push, record, sms};

/// How many records an outage meets. More than the three that can use up their attempts before it is noticed.
const RECORDS: usize = 12;
/// Failures in a row that open the breaker, and so the most that an outage gets to see before its end.
const FAILURES_TO_OPEN: usize = 10;
/// Includes the breaker's 30 s.
const LIMIT: Duration = Duration::from_mins(3);

fn refuse(status: u16, code: &str) -> Action {
    Action::Respond { status, code: code.to_owned() }
}

/// SNS is down until the breaker has opened.
#[tokio::test(flavor = "multi_thread")]
async fn an_outage_returns_records_instead_of_dead_lettering_them() {
    let system = System::start(&[]).await;
    let sends = system.calls_of("bank-sms", "Publish");
    let outage = system.stack.recorder.inject(Fault::new(sends, refuse(503, "ServiceUnavailable")));
    let events: Vec<Event> = (0..RECORDS).map(|number| frozen(&format!("EVT-outage-{number}"))).collect();
    for event in &events {
        // One key, so one after the other in one instance: what fails in a row is counted in one place.
        system.publish(OutgoingRecord { key: Some(b"ACC-outage".to_vec()), ..record(event) }).await;
    }
    let failed = |calls: &[Arc<tidings_recorder::Call>]| {
        calls.iter().filter(|call| call.operation == "Publish" && !call.reached).count()
    };
    let opened = |calls: &[_]| failed(calls) >= FAILURES_TO_OPEN;
    system.stack.recorder.wait_until(opened, LIMIT).await.unwrap();
    system.stack.recorder.remove(outage);
    system.settled().await;

    assert_eq!(failed(&system.stack.recorder.calls()), FAILURES_TO_OPEN, "then none was tried any more");
    let letters = system.dead_letters("bank-sms").await;
    assert_eq!(letters.len(), 3, "these used up their attempts before the tenth failure");
    let dead: Vec<&str> = letters.iter().map(|letter| letter["eventId"].as_str().unwrap()).collect();
    for event in &events {
        let id = event.event_id.as_str();
        let times = usize::from(!dead.contains(&id));
        assert_eq!(system.times(&sms(id.to_owned())), times, "{id}");
        assert_eq!(system.times(&mail(id.to_owned())), 1, "e-mail goes on: {id}");
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_costs_what_it_concerns_and_nothing_beside_it() {
    fail_something_in_each_function(&[]).await;
}

/// What is returned brings its whole batch again, which changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn without_partial_batch_responses_a_failure_costs_no_more() {
    fail_something_in_each_function(&[("PartialBatchResponses", "false")]).await;
}

async fn fail_something_in_each_function(parameters: &[(&str, &str)]) {
    let system = System::start(parameters).await;
    let event = transfer();
    let devices = add_devices(&system, &event).await;
    refuse_device(&system, &devices[0]);
    // The queue is out of reach for longer than a function asks it: the record is returned and comes again.
    let queue = system.calls_of("bank-email", "SendMessage");
    let queue_fault =
        system.stack.recorder.inject(Fault::new(queue, refuse(503, "ServiceUnavailable")).times(7));
    // The table is out of reach for longer than a claim waits.
    let claim =
        Matcher { resource: Some("-idempotency".to_owned()), ..system.calls_of("bank-ledger", "PutItem") };
    let claim_fault =
        system.stack.recorder.inject(Fault::new(claim, refuse(500, "InternalServerError")).times(7));
    // S3 refuses what holds this one record for good; the record beside it is stored.
    let refused_at = system.publish(record(&fixture("user.login-basic"))).await.place();
    let login = fixture("user.login-minimal");
    let key = Some(fixture("user.login-basic").payload.key().as_bytes().to_vec());
    refuse_line(&system);
    let stored_at = system.publish(OutgoingRecord { key, ..record(&login) }).await.place();
    system.publish(record(&event)).await;
    system.publish(broken()).await;
    system.settled().await;

    let id = event.event_id.to_string();
    assert_eq!(system.times(&push(&id, &devices[0])), 0);
    assert_eq!(
        system.times(&push(&id, &devices[1])),
        1,
        "attempts for one device repeat nothing for the other"
    );
    let letters = system.dead_letters("bank-push").await;
    let of_event = letters.iter().find(|letter| letter["eventId"] == id.as_str()).unwrap();
    assert_eq!((&of_event["attempts"], &of_event["error"]["type"]), (&3.into(), &"InternalError".into()));
    assert_eq!(system.stack.recorder.happened(queue_fault), 7);
    assert_eq!(system.dead_letters("bank-email").await.len(), 1, "once the queue is back, once");
    assert_eq!(system.stack.recorder.happened(claim_fault), 7);
    assert_eq!(system.times(&ledger_item(&id)), 1);
    let letters = system.dead_letters("bank-audit").await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0]["error"]["type"], "EntityTooLarge");
    assert_eq!(letters[0]["eventId"], fixture("user.login-basic").event_id.as_str());
    assert_eq!(system.times(&audit_line(refused_at)), 0);
    assert_eq!(system.times(&audit_line(stored_at)), 1);
    system.stop().await;
}

fn frozen(id: &str) -> Event {
    Event { event_id: id.parse().unwrap(), ..fixture("account.frozen-basic") }
}

fn transfer() -> Event {
    fixture("transaction.completed-seed")
}

fn broken() -> OutgoingRecord {
    OutgoingRecord { value: Some(b"{".to_vec()), key: Some(b"ACC-broken".to_vec()), ..record(&transfer()) }
}

async fn add_devices(system: &System, event: &Event) -> [String; 2] {
    let Payload::TransactionCompleted(transfer) = &event.payload else { panic!("a transfer is asked for") };
    let user: &UserId = &transfer.from_account.user_id;
    let devices = ["phone".to_owned(), "tablet".to_owned()];
    for device in &devices {
        let arn = system.stack.emulator.create_platform_endpoint(user.as_str(), device).await.unwrap();
        let item = serde_json::json!({
            "user_id": { "S": user.as_str() }, "device_id": { "S": device }, "endpoint_arn": { "S": arn },
        });
        system.stack.emulator.put_item("tidings-local-devices", &item).await.unwrap();
    }
    devices
}

fn refuse_device(system: &System, device: &str) {
    let device = device.to_owned();
    let to_device = move |details: &CallDetails| matches!(details, CallDetails::PublishPush { attributes, .. } if attributes.get("device_id") == Some(&device));
    let matcher = Matcher { predicate: Some(Arc::new(to_device)), ..system.calls_of("bank-push", "Publish") };
    system.stack.recorder.inject(Fault::new(matcher, refuse(500, "InternalError")));
}

/// S3 refuses every object that begins with the first record of a topic that is otherwise empty.
fn refuse_line(system: &System) {
    let holds_it = |details: &CallDetails| {
        matches!(details, CallDetails::PutObject { key, .. }
            if key.starts_with("audit/user.login/") && key.contains("/0-"))
    };
    let matcher =
        Matcher { predicate: Some(Arc::new(holds_it)), ..system.calls_of("bank-audit", "PutObject") };
    system.stack.recorder.inject(Fault::new(matcher, refuse(400, "EntityTooLarge")));
}
