//! Who may handle a record now, and what was settled: the idempotency store.

use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use uuid::Uuid;

/// How long a settled fact is remembered: longer than a topic keeps a record (7 days) plus a dead letter
/// queue keeps a message (14 days), so that no redelivery outlives it.
pub const FACT_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// A request to handle a record exclusively.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRequest {
    /// Function and event, or function and position: `email#EVT-1`, `email#door.opened/3/42`.
    pub id: String,
    /// This start of the handler; no two are the same.
    pub owner: Uuid,
    /// SHA-256 of the record's value, the same for every spelling of the same JSON
    /// ([`canonical`](tidings_events::json::canonical)): the same id with other content is an error.
    pub content: [u8; 32],
    /// The time of the request.
    pub now: Timestamp,
    /// When the lease ends: this invocation's deadline plus a second. Nobody else may start before that.
    pub lease_until: Timestamp,
}

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The caller holds the claim.
    Mine {
        /// How many earlier starts never finished; each may have had its effect.
        unfinished_starts: u32,
    },
    /// It was settled before.
    Settled(Fact),
    /// The same id was settled or claimed with other content.
    OtherContent,
    /// Another invocation holds it.
    Held {
        /// When their lease ends at the latest.
        until: Timestamp,
    },
}

/// How a record was settled for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// The handler succeeded.
    Done,
    /// The record is in the dead letter queue.
    DeadLettered,
}

/// The store could not be reached or refused the request; the record is returned.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the idempotency store did not accept the request: {0}")]
pub struct StoreError(pub String);

/// The idempotency store. Every operation is atomic for one id.
pub trait Claims: Send + Sync + 'static {
    /// Claims an id unless it is settled or held by another owner: asked again by the owner itself, because
    /// the first answer was lost, it answers the same. An item past its lifetime counts as absent.
    fn claim<'a>(&'a self, request: &'a ClaimRequest) -> BoxFuture<'a, Result<Claimed, StoreError>>;

    /// Stores a fact if `owner` still holds the claim, or stored the same fact before; `false` if somebody else
    /// took it over.
    fn settle<'a>(&'a self, request: &'a ClaimRequest, fact: Fact)
    -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Gives a claim back: this start came to an end without a result, and the next may begin at once.
    fn release<'a>(&'a self, request: &'a ClaimRequest) -> BoxFuture<'a, Result<(), StoreError>>;
}
