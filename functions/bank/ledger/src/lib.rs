//! Books the debits of transfers and bills. Statements are written from these entries.
//!
//! Booking is idempotent: an entry's key consists of the event's time and id, and an existing key is not written again.
//! So even a kill between booking an entry and storing its fact repeats nothing. The entry of a late event gets its
//! proper place.

pub mod book;

use book::Book;
use tidings_bank_events::{
    Event, Payload,
    payloads::{BillPaid, Transfer},
};
use tidings_consumer::{Context, Handler, HandlerError, Position};
use tidings_events::Personal;
use tidings_ledger_table::{Entry, Kind};

/// Books one entry per event.
pub struct Ledger<B> {
    book: B,
}

impl<B: Book> Ledger<B> {
    /// A handler that books entries into `book`.
    pub const fn new(book: B) -> Self {
        Self { book }
    }
}

impl<B: Book> Handler for Ledger<B> {
    type Payload = Payload;

    async fn handle(&self, event: &Event, context: &Context) -> Result<(), HandlerError> {
        let position = &context.position;
        let entry = match &event.payload {
            Payload::TransactionCompleted(it) => transfer_entry(event, position, it, Kind::Transfer),
            Payload::ScheduledTransfer(it) => transfer_entry(event, position, it, Kind::ScheduledTransfer),
            Payload::BillPaid(bill) => bill_entry(event, position, bill),
            _ => return Err(not_subscribed(event)),
        };
        self.book.book(&entry).await
    }
}

/// The longest text in an entry, in characters: longer than the texts in statements, but short enough for DynamoDB's
/// limit of 400 KB per item (its developer guide, "Quotas").
const MAX_CHARACTERS: usize = 1_000;

fn bounded(text: &Personal) -> Personal {
    Personal(text.chars().take(MAX_CHARACTERS).collect())
}

fn not_subscribed(event: &Event) -> HandlerError {
    let message = format!(
        "ledger books nothing for {}; remove the topic from its mappings or add a branch",
        event.event_type()
    );
    HandlerError::permanent("EventTypeNotHandled", message)
}

fn transfer_entry(event: &Event, position: &Position, transfer: &Transfer, kind: Kind) -> Entry {
    Entry {
        account_id: transfer.from_account.account_id.clone(),
        timestamp: event.timestamp,
        partition: position.partition,
        offset: position.offset,
        event_id: event.event_id.clone(),
        kind,
        reference: transfer.transaction_id.clone(),
        counterparty: bounded(&transfer.to_account.beneficiary_name),
        description: transfer.description.as_ref().map(bounded),
        amount: *transfer.amount,
        currency: *transfer.currency,
        balance_after: transfer.balance_after,
    }
}

fn bill_entry(event: &Event, position: &Position, bill: &BillPaid) -> Entry {
    Entry {
        account_id: bill.from_account.account_id.clone(),
        timestamp: event.timestamp,
        partition: position.partition,
        offset: position.offset,
        event_id: event.event_id.clone(),
        kind: Kind::Bill,
        reference: bill.payment_id.clone(),
        counterparty: bounded(&bill.biller_name),
        description: Some(bounded(&Personal(format!("Bill {}", &*bill.bill_reference)))),
        amount: *bill.amount,
        currency: *bill.currency,
        balance_after: bill.balance_after,
    }
}
