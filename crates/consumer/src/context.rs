//! What a handler may know and use besides the event.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::{
    claims::{Claimed, Claims, Fact},
    error::HandlerError,
    identity::claim,
    invocation::Invocation,
    settle::persist,
    trace::TraceContext,
};

/// What a handler may know and use besides the event.
#[derive(Clone)]
pub struct Context {
    /// The trace that the event belongs to, where its producer said so.
    pub trace: Option<TraceContext>,
    pub(crate) claims: Arc<dyn Claims>,
    pub(crate) claim_id: String,
    pub(crate) content: [u8; 32],
    pub(crate) invocation: Invocation,
    /// Set when an effect happened and its fact could not be stored: another attempt would repeat it.
    pub(crate) unconfirmed: Arc<AtomicBool>,
}

impl Context {
    /// Does one of an event's several effects, unless it is already done: each is claimed and remembered on
    /// its own under `effect`, a name that is stable and unique within the event.
    pub async fn once<F>(&self, effect: &str, action: F) -> Result<(), HandlerError>
    where
        F: Future<Output = Result<(), HandlerError>> + Send,
    {
        let unavailable = |_| HandlerError::retryable("StoreUnreachable", "the effect could not be claimed");
        let request = claim(format!("{}#{effect}", self.claim_id), self.content, &self.invocation);
        match persist(&self.invocation, || self.claims.claim(&request)).await.map_err(unavailable)? {
            Claimed::Settled(_) => return Ok(()),
            // The event's own claim was ours, so whoever holds this one is dead; its lease has to end first.
            Claimed::Held { .. } => {
                return Err(HandlerError::retryable("EffectClaimed", "an earlier start holds this effect"));
            }
            Claimed::OtherContent => {
                return Err(HandlerError::permanent(
                    "EventIdReused",
                    "the effect was claimed for other content",
                ));
            }
            Claimed::Mine { .. } => {}
        }
        if let Err(error) = action.await {
            if self.claims.release(&request).await.is_err() {
                tracing::warn!("an effect's claim could not be released; its lease has to end first");
            }
            return Err(error);
        }
        match persist(&self.invocation, || self.claims.settle(&request, Fact::Done)).await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => {
                self.unconfirmed.store(true, Ordering::Relaxed);
                Err(HandlerError::retryable("EffectUnconfirmed", "the effect's fact could not be stored"))
            }
        }
    }
}
