//! What a handler can use besides the event.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use jiff::Timestamp;
use tidings_events::TraceContext;

use crate::{
    claims::{ClaimRequest, Claimed, Claims, Fact},
    error::HandlerError,
    identity::claim,
    invocation::Invocation,
    outcome::Reason,
    persist::{BRIEF, LASTING, persist},
    record::Position,
};

/// What a handler can use besides the event.
#[derive(Clone)]
pub struct Context {
    /// The position of the event's record in Kafka, which orders events of the same time.
    pub position: Position,
    /// The trace that the event belongs to, if its producer sent one.
    pub trace: Option<TraceContext>,
    pub(crate) claims: Arc<dyn Claims>,
    pub(crate) claim_id: String,
    pub(crate) content: [u8; 32],
    pub(crate) invocation: Invocation,
    /// Effects that happened but whose facts are not stored: another attempt would repeat them.
    pub(crate) unconfirmed: Arc<AtomicUsize>,
    /// Why an effect could not be claimed.
    pub(crate) unclaimed: Arc<OnceLock<Reason>>,
}

impl Context {
    /// Performs one of an event's several effects unless it is already done. Each is claimed and recorded separately
    /// under `effect`, a name that is stable and unique within the event.
    pub async fn once<F>(&self, effect: &str, action: F) -> Result<(), HandlerError>
    where
        F: Future<Output = Result<(), HandlerError>> + Send,
    {
        let request = ClaimRequest {
            // The caller holds the event's claim, which excludes all others. So this claim needs
            // no lease, which would only keep a second attempt from repeating an unfinished effect.
            lease_until: Timestamp::UNIX_EPOCH,
            ..claim(format!("{}#{effect}", self.claim_id), self.content, &self.invocation)
        };
        match persist(&self.invocation, BRIEF, || self.claims.claim(&request)).await {
            Ok(Claimed::Settled(_)) => return Ok(()),
            Ok(Claimed::Mine { .. }) => {}
            Ok(Claimed::Held { .. }) => return Err(self.unclaimed(Reason::ClaimedElsewhere)),
            Ok(Claimed::OtherContent) => {
                let message = "the effect was claimed for other content";
                return Err(HandlerError::permanent("EventIdReused", message));
            }
            Err(_) => return Err(self.unclaimed(Reason::StoreUnreachable)),
        }
        action.await?;
        // Counted first, because the handler may run out of time before the fact is stored.
        self.unconfirmed.fetch_add(1, Ordering::Relaxed);
        match persist(&self.invocation, LASTING, || self.claims.settle(&request, Fact::Done)).await {
            Ok(true) => {
                self.unconfirmed.fetch_sub(1, Ordering::Relaxed);
                Ok(())
            }
            Ok(false) | Err(_) => Err(HandlerError::retryable(
                "EffectUnconfirmed",
                "the effect happened, but the fact could not be stored",
            )),
        }
    }

    /// Why no other attempt may follow in this invocation, if so. The failure is then not the handler's.
    pub(crate) fn halted(&self) -> Option<Reason> {
        let unconfirmed = self.unconfirmed.load(Ordering::Relaxed) > 0;
        unconfirmed.then_some(Reason::EffectUnconfirmed).or_else(|| self.unclaimed.get().copied())
    }

    fn unclaimed(&self, reason: Reason) -> HandlerError {
        let reason = self.unclaimed.get_or_init(|| reason);
        HandlerError::retryable(reason.to_string(), "the effect could not be claimed")
    }
}
