//! The steps that settle a record: claim, dead letter, fact. Both kinds of function go through them.

use std::{sync::Arc, time::Duration};

use serde_json::value::RawValue;

use crate::{
    attempt::{Attempted, Attempts, Verdict},
    claims::{ClaimRequest, Claimed, Claims, Fact},
    dead_letter::{DeadLetter, DeadLetterQueue},
    error::Failure,
    identity::Identity,
    invocation::Invocation,
    outcome::{Outcome, Reason, Settled},
    payload::InvalidEntry,
    persist::{BRIEF, LASTING, persist},
};

/// After this many unfinished starts, the handler is not started again.
const MAX_UNFINISHED_STARTS: u32 = 3;
/// In its last permitted start a record runs alone, so that a record that kills its process does not affect others.
pub(crate) const LAST_START: u32 = MAX_UNFINISHED_STARTS - 1;
/// How often a claim that another invocation holds is checked.
const POLL_HELD_CLAIM: Duration = Duration::from_millis(250);

/// The stores that facts and dead letters go to.
pub(crate) struct Stores {
    pub function: &'static str,
    pub function_version: String,
    pub claims: Arc<dyn Claims>,
    pub dead_letters: Arc<dyn DeadLetterQueue>,
}

/// The result of claiming a record.
pub(crate) enum Opened {
    /// This invocation may handle it.
    Mine { claim: ClaimRequest, unfinished_starts: u32 },
    /// There is nothing to handle.
    Ended(End),
}

/// How a record ended, without its position.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    pub outcome: Outcome,
    pub attempts: u32,
    pub effect_at_risk: bool,
}

impl From<Outcome> for End {
    fn from(outcome: Outcome) -> Self {
        let effect_at_risk = outcome == Outcome::Returned(Reason::EffectUnconfirmed);
        Self { outcome, attempts: 0, effect_at_risk }
    }
}

/// The subject of a dead letter.
pub(crate) struct Subject<'a> {
    pub identity: &'a Identity,
    pub source: &'a str,
    pub json: &'a RawValue,
}

impl Stores {
    /// Claims a record. If another invocation holds it, waits as long as time remains.
    pub async fn open(&self, subject: &Subject<'_>, claim: ClaimRequest, invocation: &Invocation) -> Opened {
        loop {
            if invocation.remaining().is_zero() {
                return ended(Outcome::Returned(Reason::DeadlineNear));
            }
            let claim = ClaimRequest { now: invocation.now(), ..claim.clone() };
            match persist(invocation, BRIEF, || self.claims.claim(&claim)).await {
                Ok(Claimed::Mine { unfinished_starts }) if unfinished_starts >= MAX_UNFINISHED_STARTS => {
                    let outcome = self.dead_letter_died(subject, &claim, unfinished_starts, invocation).await;
                    return Opened::Ended(End { outcome, attempts: 0, effect_at_risk: true });
                }
                Ok(Claimed::Mine { unfinished_starts }) => return Opened::Mine { claim, unfinished_starts },
                Ok(Claimed::Settled(_)) => return ended(Outcome::Duplicate),
                Ok(Claimed::OtherContent) => {
                    return ended(self.dead_letter_reused(subject, &claim, invocation).await);
                }
                Ok(Claimed::Held { .. }) if invocation.remaining() > POLL_HELD_CLAIM => {
                    tokio::time::sleep(POLL_HELD_CLAIM).await;
                }
                Ok(Claimed::Held { .. }) => return ended(Outcome::Returned(Reason::ClaimedElsewhere)),
                Err(error) => {
                    tracing::warn!(%error, "the record could not be claimed");
                    return ended(Outcome::Returned(Reason::StoreUnreachable));
                }
            }
        }
    }

    /// Dead-letters an unreadable entry unchanged.
    pub async fn settle_invalid_entry(&self, entry: &InvalidEntry, invocation: &Invocation) -> Settled {
        let identity = Identity::of_invalid_entry(entry);
        let subject = Subject { identity: &identity, source: &entry.source, json: &entry.json };
        let claim = identity.claim_place(self.function, invocation);
        let outcome = match self.open(&subject, claim, invocation).await {
            Opened::Ended(end) => end.outcome,
            Opened::Mine { claim, .. } => {
                let failure = malformed(&entry.problem);
                let none = Attempts { count: 0, first_at: invocation.now() };
                self.dead_letter(&subject, &claim, &failure, none, invocation).await
            }
        };
        Settled {
            source: entry.source.clone(),
            offset: None,
            outcome,
            tombstone: false,
            attempts: 0,
            effect_at_risk: false,
        }
    }

    async fn dead_letter_died(
        &self,
        subject: &Subject<'_>,
        claim: &ClaimRequest,
        starts: u32,
        invocation: &Invocation,
    ) -> Outcome {
        let failure = Failure {
            error_type: "HandlerDied".to_owned(),
            message: format!(
                "{starts} starts of the handler never finished: the process was killed, time ran out, or the \
                 fact could not be stored"
            ),
        };
        let attempts = Attempts { count: starts, first_at: invocation.now() };
        self.dead_letter(subject, claim, &failure, attempts, invocation).await
    }

    /// The event's own item stays unchanged. This delivery is settled by its position.
    async fn dead_letter_reused(
        &self,
        subject: &Subject<'_>,
        refused: &ClaimRequest,
        invocation: &Invocation,
    ) -> Outcome {
        let mut claim = subject.identity.claim_place(self.function, invocation);
        let failure = if claim.id == refused.id { position_reused() } else { id_reused() };
        let mut claimed = persist(invocation, BRIEF, || self.claims.claim(&claim)).await;
        if let Ok(Claimed::OtherContent) = claimed {
            // A position can have different content only if the topic was deleted and created again.
            tracing::warn!("a position was delivered again with other content");
            claim.id = format!("{}#{}", claim.id, hex::encode(claim.content));
            claimed = persist(invocation, BRIEF, || self.claims.claim(&claim)).await;
        }
        match claimed {
            Ok(Claimed::Mine { .. } | Claimed::OtherContent) => {
                let attempts = Attempts { count: 0, first_at: invocation.now() };
                self.dead_letter(subject, &claim, &failure, attempts, invocation).await
            }
            Ok(Claimed::Settled(_)) => Outcome::Duplicate,
            Ok(Claimed::Held { .. }) => Outcome::Returned(Reason::ClaimedElsewhere),
            Err(_) => Outcome::Returned(Reason::StoreUnreachable),
        }
    }

    /// Sends the record to the dead letter queue, then stores that fact.
    pub async fn dead_letter(
        &self,
        subject: &Subject<'_>,
        claim: &ClaimRequest,
        failure: &Failure,
        attempts: Attempts,
        invocation: &Invocation,
    ) -> Outcome {
        let identity = subject.identity;
        let letter = DeadLetter {
            event_id: identity.event_id.as_ref().map(ToString::to_string),
            event_type: identity.event_type.clone(),
            trace_id: identity.trace.as_ref().map(|trace| trace.trace_id().to_owned()),
            function: self.function.to_owned(),
            function_version: self.function_version.clone(),
            request_id: invocation.request_id.clone(),
            error: failure.into(),
            attempts: attempts.count,
            first_attempt_at: attempts.first_at,
            last_attempt_at: invocation.now(),
            source: subject.source.to_owned(),
            record: Some(subject.json.to_owned()),
            stored_in: None,
        };
        tracing::warn!(
            error.r#type = failure.error_type,
            error.message = failure.message,
            attempts = attempts.count,
            "dead letter"
        );
        if let Err(error) = persist(invocation, BRIEF, || self.dead_letters.send(&letter)).await {
            tracing::error!(%error, "the dead letter could not be sent");
            self.release(claim, invocation).await;
            return Outcome::Returned(Reason::QueueUnreachable);
        }
        match self.settle(claim, Fact::DeadLettered, invocation).await {
            Ok(()) => Outcome::DeadLettered,
            Err(reason) => Outcome::Returned(reason),
        }
    }

    /// Settles a record according to the result of its attempts.
    pub async fn conclude(
        &self,
        subject: &Subject<'_>,
        claim: &ClaimRequest,
        attempted: &Attempted,
        invocation: &Invocation,
    ) -> End {
        let outcome = match &attempted.verdict {
            Verdict::Succeeded => match self.settle(claim, Fact::Done, invocation).await {
                Ok(()) => Outcome::Done,
                Err(reason) => Outcome::Returned(reason),
            },
            Verdict::Failed(failure) => {
                self.dead_letter(subject, claim, failure, attempted.attempts, invocation).await
            }
            Verdict::Return(reason) => {
                if !leaves_start_open(*reason, attempted) {
                    self.release(claim, invocation).await;
                }
                Outcome::Returned(*reason)
            }
        };
        let end = End::from(outcome);
        End {
            attempts: attempted.attempts.count,
            effect_at_risk: end.effect_at_risk || attempted.effect_at_risk,
            ..end
        }
    }

    /// Stores how a claimed record ended.
    pub async fn settle(
        &self,
        claim: &ClaimRequest,
        fact: Fact,
        invocation: &Invocation,
    ) -> Result<(), Reason> {
        match persist(invocation, LASTING, || self.claims.settle(claim, fact)).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                tracing::error!("the claim ended before the fact was stored");
                Err(Reason::EffectUnconfirmed)
            }
            Err(error) => {
                tracing::error!(%error, "the fact could not be stored");
                Err(Reason::EffectUnconfirmed)
            }
        }
    }

    /// Releases the claim, so that the next delivery can start at once instead of after the lease.
    pub async fn release(&self, claim: &ClaimRequest, invocation: &Invocation) {
        match tokio::time::timeout(invocation.until_answer(), self.claims.release(claim)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "the claim could not be released; the record has to wait for its lease to end");
            }
            Err(_) => tracing::warn!(
                "no time left to release the claim; the record has to wait for its lease to end"
            ),
        }
    }
}

/// The failure of an entry that cannot be read as a record.
pub(crate) fn malformed(problem: &str) -> Failure {
    Failure { error_type: "MalformedRecord".to_owned(), message: format!("the record {problem}") }
}

fn id_reused() -> Failure {
    Failure {
        error_type: "EventIdReused".to_owned(),
        message: "an event with the same id and other content was handled before".to_owned(),
    }
}

fn position_reused() -> Failure {
    Failure {
        error_type: "PositionReused".to_owned(),
        message:
            "another record was handled at this position before; was the topic deleted and created again?"
                .to_owned(),
    }
}

fn ended(outcome: Outcome) -> Opened {
    Opened::Ended(outcome.into())
}

/// Whether this start counts as unfinished, because its effect may have happened. Otherwise a record whose handler
/// hangs until time is up would be redelivered forever. A record returned because of an outage is not counted.
fn leaves_start_open(reason: Reason, attempted: &Attempted) -> bool {
    match reason {
        Reason::EffectUnconfirmed => true,
        Reason::DeadlineNear => attempted.effect_at_risk,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
