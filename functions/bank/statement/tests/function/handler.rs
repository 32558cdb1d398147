//! Tests of the whole function, from Lambda's payload to the stored PDF and the published event.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use crate::support::entry;
use bank_statement::{StatementWriter, announce::Announcer, derived_id, ledger::Ledger, store::Store};
use jiff::{Timestamp, tz::TimeZone};
use rstest::rstest;
use tidings_bank_events::{AccountId, Event, Payload};
use tidings_consumer::{HandlerError, testing::Harness};
use tidings_events::{EventId, TraceContext};
use tidings_ledger_table::Entry;

const BASIC: &[u8] =
    include_bytes!("../../../../../events/bank/fixtures/kafka/statement.requested-basic.json");
const HINDI: &[u8] =
    include_bytes!("../../../../../events/bank/fixtures/kafka/statement.requested-hindi.json");
const ONE_DAY: &[u8] =
    include_bytes!("../../../../../events/bank/fixtures/kafka/statement.requested-one-day.json");
const REVERSED: &[u8] =
    include_bytes!("../../../../../events/bank/fixtures/kafka/statement.requested-end-before-start.json");
const OTHER: &[u8] = include_bytes!("../../../../../events/bank/fixtures/kafka/user.login-basic.json");

/// Has three entries and keeps the requested accounts and periods.
#[derive(Default)]
struct MemoryLedger(Mutex<Vec<(AccountId, Timestamp, Timestamp)>>);

impl Ledger for MemoryLedger {
    async fn entries(
        &self,
        account: &AccountId,
        first: Timestamp,
        end: Timestamp,
    ) -> Result<Vec<Entry>, HandlerError> {
        self.0.lock().unwrap().push((account.clone(), first, end));
        Ok((0..3).map(entry).collect())
    }
}

#[derive(Default)]
struct MemoryStore(Mutex<Vec<(String, Vec<u8>, EventId)>>);

impl Store for MemoryStore {
    #[allow(clippy::unnecessary_literal_bound, reason = "the trait's signature")]
    fn bucket(&self) -> &str {
        "statements-bucket"
    }

    async fn put(&self, key: &str, pdf: Vec<u8>, event_id: &EventId) -> Result<(), HandlerError> {
        self.0.lock().unwrap().push((key.to_owned(), pdf, event_id.clone()));
        Ok(())
    }
}

/// Keeps the published events. The first publication can fail.
#[derive(Default)]
struct MemoryAnnouncer {
    fails: AtomicBool,
    events: Mutex<Vec<(Event, Option<TraceContext>)>>,
}

impl Announcer for MemoryAnnouncer {
    async fn announce(&self, event: &Event, cause: Option<&TraceContext>) -> Result<(), HandlerError> {
        if self.fails.swap(false, Ordering::Relaxed) {
            return Err(HandlerError::retryable("PublishNotAcknowledged", "the broker did not answer"));
        }
        self.events.lock().unwrap().push((event.clone(), cause.cloned()));
        Ok(())
    }
}

type Writer = StatementWriter<MemoryLedger, MemoryStore, MemoryAnnouncer>;

fn writer() -> Writer {
    StatementWriter {
        ledger: MemoryLedger::default(),
        store: MemoryStore::default(),
        announcer: MemoryAnnouncer::default(),
        zone: TimeZone::get("Asia/Kolkata").unwrap(),
        bank_name: "Tidings Bank".to_owned(),
    }
}

#[rstest]
#[case(BASIC, "statements/ACC123456/2025-01-01_2025-01-31.pdf")]
#[case(HINDI, "statements/ACC234567/2025-01-01_2025-01-31.pdf")]
#[tokio::test]
async fn a_request_stores_a_pdf_and_publishes_where_it_is(#[case] payload: &[u8], #[case] key: &str) {
    let harness = Harness::new("bank-statement", writer());
    assert_eq!(harness.invoke(payload).await.unwrap().done, 1);
    // Already handled, so nothing happens again.
    assert_eq!(harness.invoke(payload).await.unwrap().duplicate, 1);

    let objects = harness.handler().store.0.lock().unwrap();
    let [(stored, pdf, event_id)] = &objects[..] else { panic!("{} objects", objects.len()) };
    assert_eq!(stored, key);
    assert!(pdf.starts_with(b"%PDF-"));
    let events = harness.handler().announcer.events.lock().unwrap();
    let [(event, trace)] = &events[..] else { panic!("{} events", events.len()) };
    assert_eq!(event.event_id.as_str(), derived_id(event_id).to_string());
    assert!(trace.is_some());
    let Payload::StatementGenerated(generated) = &event.payload else { panic!("{}", event.event_type()) };
    assert_eq!((&*generated.bucket, &*generated.key), ("statements-bucket", key));
    let locale = event.metadata.locale.as_deref();
    assert_eq!(locale.is_some_and(|locale| locale.starts_with("hi")), payload == HINDI);
}

#[tokio::test]
async fn days_are_those_of_the_configured_zone() {
    let harness = Harness::new("bank-statement", writer());
    assert_eq!(harness.invoke(ONE_DAY).await.unwrap().done, 1);
    let asked = harness.handler().ledger.0.lock().unwrap();
    let (_, first, end) = &asked[0];
    assert_eq!(first.to_zoned(TimeZone::UTC).strftime("%H:%M").to_string(), "18:30");
    assert_eq!(end.duration_since(*first).as_hours(), 24);
}

#[tokio::test]
async fn a_repetition_stores_and_publishes_the_same_again() {
    let mut objects = Vec::new();
    let mut events = Vec::new();
    for _ in 0..2 {
        let harness = Harness::new("bank-statement", writer());
        harness.invoke(BASIC).await.unwrap();
        objects.append(&mut harness.handler().store.0.lock().unwrap());
        let mut published = harness.handler().announcer.events.lock().unwrap();
        events.extend(published.drain(..).map(|(event, _)| event.encode().unwrap()));
    }
    assert_eq!(objects[0], objects[1]);
    assert_eq!(events[0], events[1]);
}

#[tokio::test]
async fn an_unreachable_broker_is_tried_again() {
    let writer = writer();
    writer.announcer.fails.store(true, Ordering::Relaxed);
    let harness = Harness::new("bank-statement", writer);
    assert_eq!(harness.invoke(BASIC).await.unwrap().done, 1);
    assert_eq!(harness.handler().announcer.events.lock().unwrap().len(), 1);
}

#[rstest]
#[case(REVERSED, "InvalidPeriod")]
#[case(OTHER, "EventTypeNotHandled")]
#[tokio::test]
async fn a_statement_that_cannot_be_written_is_dead_lettered_at_once(
    #[case] payload: &[u8],
    #[case] error_type: &str,
) {
    let harness = Harness::new("bank-statement", writer());
    let summary = harness.invoke(payload).await.unwrap();
    assert_eq!(summary.dead_lettered, 1);
    assert_eq!(summary.dead_letters[0].error.error_type, error_type);
    assert!(harness.handler().store.0.lock().unwrap().is_empty());
    assert!(harness.handler().announcer.events.lock().unwrap().is_empty());
}

#[test]
fn the_derived_id_never_changes() {
    let id = derived_id(&"EVT-12345678".parse().unwrap());
    assert_eq!(id.to_string(), "c8045931-e68c-5908-91cb-cb7799e9bbcd");
}
