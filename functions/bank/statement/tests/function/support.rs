//! Statements and entries for tests.

use bank_statement::document::Statement;
use jiff::{Timestamp, ToSpan, civil::date, tz::TimeZone};
use tidings_events::{Amount, Currency};
use tidings_ledger_table::{Entry, Kind};

/// The entry with this index. Each is three hours after the one before.
pub fn entry(index: i64) -> Entry {
    let start: Timestamp = "2025-01-02T04:15:00Z".parse().unwrap();
    let names = ["Jane Smith", "City Power & Light", "Zoë Müller", "Shree Ganesh Stores", "आशा वर्मा"];
    let descriptions = [None, Some("Bill 4471-2025-01"), Some("Rent for January"), None];
    let kinds = [Kind::Transfer, Kind::Bill, Kind::ScheduledTransfer, Kind::Transfer, Kind::Transfer];
    let pick = |length: usize| usize::try_from(index).unwrap() % length;
    let amount = rust_decimal::Decimal::new(125_050 + index * 73_19, 2);
    let balance = rust_decimal::Decimal::new(9_876_543_210 - index * 10_000, 2);
    Entry {
        account_id: "ACC123456".parse().unwrap(),
        timestamp: start + (index * 3).hours(),
        partition: 3,
        offset: index,
        event_id: format!("EVT-{index}").parse().unwrap(),
        kind: kinds[pick(kinds.len())],
        reference: format!("TXN-9876543{index:02}").parse().unwrap(),
        counterparty: names[pick(names.len())].into(),
        description: descriptions[pick(descriptions.len())].map(Into::into),
        amount: Amount(amount),
        currency: Currency::INR,
        balance_after: Amount(balance),
    }
}

/// A statement of January 2025.
pub fn statement(entries: Vec<Entry>) -> Statement {
    Statement {
        bank_name: "Tidings Bank".to_owned(),
        holder: "John Doe".to_owned(),
        account_id: "ACC123456".to_owned(),
        first_day: date(2025, 1, 1),
        last_day: date(2025, 1, 31),
        requested_at: "2025-02-01T06:30:00Z".parse().unwrap(),
        zone: TimeZone::get("Asia/Kolkata").unwrap(),
        id: *b"0123456789abcdef",
        entries,
    }
}
