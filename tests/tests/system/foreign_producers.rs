//! Events as producers in other languages write them, down to the statement.

use jiff::Timestamp;
use serde_json::Value;
use tidings_bank_events::{Event, Payload, payloads::Transfer};
use tidings_local::produce::OutgoingRecord;
use tidings_tests::{System, fixture, fixture_bytes, ledger_item, mail, record, sms};

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_an_event_costs_a_subscriber_its_effect_or_repeats_it() {
    let system = System::start(&[]).await;
    let names = ["transaction.completed-amount-text", "transaction.completed-lone-surrogate"];
    for name in names {
        let value = Some(fixture_bytes(name));
        system.publish(OutgoingRecord { value, ..record(&fixture(name)) }).await;
    }
    // What has been read and written again has its fields in another order, and other white space.
    let first = fixture("account.frozen-basic");
    let respelled: Value = serde_json::from_slice(&fixture_bytes("account.frozen-basic")).unwrap();
    system.publish(record(&first)).await;
    let respelled = Some(serde_json::to_vec_pretty(&respelled).unwrap());
    system.publish(OutgoingRecord { value: respelled, ..record(&first) }).await;
    system.settled().await;

    let ids = names.map(|name| fixture(name).event_id.to_string());
    for id in &ids {
        assert_eq!(system.times(&ledger_item(id.clone())), 1, "{id}");
    }
    for id in ids.iter().chain([&first.event_id.to_string()]) {
        assert_eq!(system.times(&mail(id.clone())), 1, "{id}");
        assert_eq!(system.times(&sms(id.clone())), 1, "{id}");
    }
    for function in ["bank-email", "bank-sms", "bank-push", "bank-ledger", "bank-audit"] {
        assert_eq!(system.dead_letters(function).await, Vec::<Value>::new(), "{function}");
    }
    system.stop().await;
}

/// Their ids are in the opposite order, two happened at the same time, and one arrives late.
#[tokio::test(flavor = "multi_thread")]
async fn a_statement_has_transfers_of_one_millisecond_in_their_order() {
    let system = System::start(&[]).await;
    let transfers = [
        ("c0ffee-5", "2025-01-15T10:30:00.000100Z", "900"),
        ("c0ffee-4", "2025-01-15T10:30:00.000200001Z", "700"),
        ("c0ffee-2", "2025-01-15T10:30:00.000300Z", "450"),
        ("c0ffee-1", "2025-01-15T10:30:00.000300Z", "400"),
        ("c0ffee-3", "2025-01-15T10:30:00.0002Z", "800"),
    ];
    for (id, timestamp, balance) in transfers {
        system.publish(record(&transfer(id, timestamp.parse().unwrap(), balance))).await;
    }
    // The statement is asked for once everything is booked.
    system.settled().await;
    let request = fixture("statement.requested-basic");
    system.publish(record(&request)).await;
    system.settled().await;

    let Payload::StatementRequested(asked) = &request.payload else { panic!("a request") };
    let account = &asked.account.account_id;
    let key = format!("statements/{account}/{}_{}.pdf", asked.start_date, asked.end_date);
    let statement = system.stack.function("bank-statement").unwrap();
    let pdf = system.stack.emulator.object(&statement.environment["STATEMENTS_BUCKET"], &key).await.unwrap();
    let text = lopdf::Document::load_mem(&pdf).unwrap().extract_text(&[1]).unwrap();
    let places = ["c0ffee-5", "c0ffee-3", "c0ffee-4", "c0ffee-2", "c0ffee-1"]
        .map(|id| text.find(&format!("TXN-{id}")).unwrap_or_else(|| panic!("{id} is missing in {text}")));
    assert!(places.is_sorted(), "{text}");
    let (_, closing) = text.split_once("Closing balance").unwrap();
    assert!(closing.trim_start().starts_with("₹400.00"), "{text}");
    system.stop().await;
}

/// A transfer of the account that the statement is about.
fn transfer(id: &str, timestamp: Timestamp, balance: &str) -> Event {
    let event = fixture("transaction.completed-seed");
    let Payload::TransactionCompleted(seed) = event.payload else { panic!("a transfer") };
    let payload = Payload::TransactionCompleted(Transfer {
        transaction_id: format!("TXN-{id}").try_into().unwrap(),
        balance_after: balance.parse().unwrap(),
        ..seed
    });
    Event { event_id: id.parse().unwrap(), timestamp, payload, metadata: event.metadata }
}
