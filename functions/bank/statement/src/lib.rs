//! Writes an account statement: reads the ledger, draws a PDF, stores it and publishes `statement.generated`.
//!
//! Handling a request again is harmless, because it results in the same object and the same event: the PDF's dates and
//! id depend only on the request, and so do the event's id ([`derived_id`]) and time. A statement has at most
//! [`ledger::MAX_ENTRIES`] entries; a request with more is dead-lettered.

pub mod announce;
pub mod document;
pub mod ledger;
pub mod period;
pub mod store;

use announce::Announcer;
use document::Statement;
use jiff::tz::TimeZone;
use ledger::Ledger;
use period::{InvalidPeriod, Period};
use store::Store;
use tidings_bank_events::{
    Event, Payload,
    payloads::{StatementGenerated, StatementRequested},
};
use tidings_consumer::{Context, Handler, HandlerError};
use tidings_events::EventId;
use tidings_ledger_table::Entry;
use tokio::task::spawn_blocking;
use uuid::{Uuid, uuid};

/// The namespace of the version 5 UUIDs of `statement.generated` events, which are made from the request's event id.
/// Never change it: a request that is handled again would publish its statement under a second id.
pub const NAMESPACE: Uuid = uuid!("6d1f3c0a-52f7-4d0e-9c7b-0d6a4b1e8f35");

/// The event id of the `statement.generated` for a request.
#[must_use]
pub fn derived_id(request: &EventId) -> Uuid {
    Uuid::new_v5(&NAMESPACE, request.as_str().as_bytes())
}

/// Writes one statement per request.
pub struct StatementWriter<L, S, A> {
    /// The source of the entries.
    pub ledger: L,
    /// The store of the PDF.
    pub store: S,
    /// Publishes the event about the finished statement.
    pub announcer: A,
    /// The zone of the requested days.
    pub zone: TimeZone,
    /// The name at the top of the statement.
    pub bank_name: String,
}

impl<L: Ledger, S: Store, A: Announcer> Handler for StatementWriter<L, S, A> {
    type Payload = Payload;

    async fn handle(&self, event: &Event, context: &Context) -> Result<(), HandlerError> {
        let Payload::StatementRequested(request) = &event.payload else {
            return Err(not_subscribed(event));
        };
        let period = Period::new(request.start_date, request.end_date).map_err(|it| invalid(&it))?;
        let (first, end) = period.instants(&self.zone).map_err(|it| invalid(&it))?;
        let entries = self.ledger.entries(&request.account.account_id, first, end).await?;
        let pdf = render(self.statement(event, request, entries)).await?;
        let key = object_key(request);
        self.store.put(&key, pdf, &event.event_id).await?;
        let generated = self.generated(event, request, key)?;
        self.announcer.announce(&generated, context.trace.as_ref()).await
    }
}

impl<L: Ledger, S: Store, A: Announcer> StatementWriter<L, S, A> {
    fn statement(&self, event: &Event, request: &StatementRequested, entries: Vec<Entry>) -> Statement {
        Statement {
            bank_name: self.bank_name.clone(),
            holder: request.account.user_name.to_string(),
            account_id: request.account.account_id.to_string(),
            first_day: request.start_date,
            last_day: request.end_date,
            requested_at: event.timestamp,
            zone: self.zone.clone(),
            id: derived_id(&event.event_id).into_bytes(),
            entries,
        }
    }

    fn generated(
        &self,
        event: &Event,
        request: &StatementRequested,
        key: String,
    ) -> Result<Event, HandlerError> {
        let event_id = derived_id(&event.event_id).to_string();
        let event_id = event_id
            .try_into()
            .map_err(|error| HandlerError::permanent("DerivedIdInvalid", format!("{error}")))?;
        Ok(Event {
            event_id,
            timestamp: event.timestamp,
            payload: Payload::StatementGenerated(StatementGenerated {
                account: request.account.clone(),
                start_date: request.start_date,
                end_date: request.end_date,
                bucket: self.store.bucket().to_owned(),
                key,
            }),
            metadata: event.metadata.clone(),
        })
    }
}

fn object_key(request: &StatementRequested) -> String {
    let StatementRequested { account, start_date, end_date } = request;
    format!("statements/{}/{start_date}_{end_date}.pdf", account.account_id)
}

async fn render(statement: Statement) -> Result<Vec<u8>, HandlerError> {
    let rendered = spawn_blocking(move || statement.render()).await;
    let rendered = rendered.map_err(|_| {
        HandlerError::permanent("StatementPanicked", "drawing the statement panicked; see the log")
    })?;
    rendered.map_err(|error| HandlerError::permanent("StatementNotDrawn", error.to_string()))
}

fn invalid(error: &InvalidPeriod) -> HandlerError {
    HandlerError::permanent("InvalidPeriod", error.to_string())
}

fn not_subscribed(event: &Event) -> HandlerError {
    let message = format!(
        "statement writes nothing for {}; remove the topic from its mappings or add a branch",
        event.event_type()
    );
    HandlerError::permanent("EventTypeNotHandled", message)
}
