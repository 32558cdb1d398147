//! The idempotency store: which records are claimed, and which are settled.

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
    /// Identifies this start of the handler; unique.
    pub owner: Uuid,
    /// SHA-256 of the record's value, the same for every spelling of the same JSON
    /// ([`canonical`](tidings_events::json::canonical)): the same id with other content is an error.
    pub content: [u8; 32],
    /// The time of the request.
    pub now: Timestamp,
    /// When the lease ends: this invocation's deadline plus a second. No other invocation may start before that.
    pub lease_until: Timestamp,
}

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The caller holds the claim.
    Mine {
        /// The number of earlier starts that never finished. Each may have had its effect.
        unfinished_starts: u32,
    },
    /// The record was settled before.
    Settled(Fact),
    /// The same id was settled or claimed with other content.
    OtherContent,
    /// Another invocation holds the claim.
    Held {
        /// When its lease ends at the latest.
        until: Timestamp,
    },
}

/// The final outcome of a record.
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
    /// Claims an id unless it is settled or held by another owner. If the owner repeats the request because the first
    /// answer was lost, the answer is the same. An item past its lifetime counts as absent.
    fn claim<'a>(&'a self, request: &'a ClaimRequest) -> BoxFuture<'a, Result<Claimed, StoreError>>;

    /// Stores a fact if `owner` still holds the claim or has stored the same fact before; `false` if another owner
    /// took the claim over.
    fn settle<'a>(&'a self, request: &'a ClaimRequest, fact: Fact)
    -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Releases a claim: this start ended without a result, and the next may begin at once.
    fn release<'a>(&'a self, request: &'a ClaimRequest) -> BoxFuture<'a, Result<(), StoreError>>;
}
