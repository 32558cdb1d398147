//! One invocation of a function that handles single events.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, atomic::AtomicUsize},
};

use futures::{StreamExt as _, stream};
use tidings_events::{Catalog, Event};
use tokio::sync::RwLock;
use tracing::Instrument as _;

use crate::{
    attempt::{Attempts, attempt, guard},
    breaker::Breaker,
    claims::ClaimRequest,
    consume::{Consume, record_span},
    context::Context,
    error::Failure,
    handler::Handler,
    identity::Identity,
    invocation::Invocation,
    options::Options,
    outcome::{Outcome, Reason, Settled},
    record::Record,
    settle::{End, LAST_START, Opened, Stores, Subject, malformed},
    telemetry::end_record,
};

/// Turns invocations into handler calls, one per event.
pub struct Consumer<H> {
    pub(crate) handler: Arc<H>,
    stores: Stores,
    options: Options,
    breaker: Breaker,
    /// Locked for reading while records run concurrently, for writing while a record runs alone.
    isolation: RwLock<()>,
}

impl<H: Handler> Consume for Consumer<H> {
    fn stores(&self) -> &Stores {
        &self.stores
    }

    async fn settle_records(&self, records: Vec<Record>, invocation: &Invocation) -> Vec<Settled> {
        let groups = stream::iter(by_key(records)).map(|group| self.settle_in_order(group, invocation));
        let groups: Vec<_> = groups.buffer_unordered(self.options.max_concurrency).collect().await;
        groups.into_iter().flatten().collect()
    }
}

impl<H: Handler> Consumer<H> {
    pub(crate) fn new(handler: H, stores: Stores, options: Options) -> Self {
        let (breaker, isolation) = (Breaker::default(), RwLock::default());
        Self { handler: Arc::new(handler), stores, options, breaker, isolation }
    }

    /// Settles the records of one key one after the other. After a returned record, the rest is returned unhandled.
    async fn settle_in_order(&self, records: Vec<Record>, invocation: &Invocation) -> Vec<Settled> {
        let mut settled = Vec::with_capacity(records.len());
        let mut blocked = false;
        for record in records {
            let end = if blocked {
                Outcome::Returned(Reason::BehindReturned).into()
            } else {
                let identity = Identity::of_record(&record);
                let span = record_span(&record, &identity, invocation);
                let end = self.settle_record(&record, &identity, invocation).instrument(span.clone()).await;
                end_record(&span, end);
                end
            };
            blocked |= matches!(end.outcome, Outcome::Returned(_));
            settled.push(Settled {
                tombstone: record.is_tombstone(),
                offset: Some(record.position.offset),
                source: record.source,
                outcome: end.outcome,
                attempts: end.attempts,
                effect_at_risk: end.effect_at_risk,
            });
        }
        settled
    }

    async fn settle_record(&self, record: &Record, identity: &Identity, invocation: &Invocation) -> End {
        if record.is_tombstone() {
            tracing::info!(outcome = "done", tombstone = true, "record settled");
            return Outcome::Done.into();
        }
        let end = self.settle_event(record, identity, invocation).await;
        let reason = if let Outcome::Returned(reason) = end.outcome { Some(reason) } else { None };
        tracing::info!(
            outcome = end.outcome.name(),
            reason = reason.map(tracing::field::display),
            attempts = end.attempts,
            "record settled"
        );
        end
    }

    async fn settle_event(&self, record: &Record, identity: &Identity, invocation: &Invocation) -> End {
        let subject = Subject { identity, source: &record.source, json: &record.json };
        let request = identity.claim_record(record, self.stores.function, invocation);
        let beside_others = self.isolation.read().await;
        let _alone;
        let opened = match self.stores.open(&subject, request.clone(), invocation).await {
            Opened::Mine { claim, unfinished_starts: LAST_START } => {
                // Released until its turn comes, so that this start does not count as unfinished meanwhile.
                self.stores.release(&claim, invocation).await;
                drop(beside_others);
                _alone = self.isolation.write().await;
                self.stores.open(&subject, request, invocation).await
            }
            opened => opened,
        };
        match opened {
            Opened::Ended(end) => end,
            Opened::Mine { claim, unfinished_starts } => {
                let end = match decode::<H::Payload>(record) {
                    Ok(event) => {
                        let context = self.context(record, &subject, &claim, invocation);
                        self.handle(event, &context, &subject, &claim, invocation).await
                    }
                    Err(failure) => {
                        let none = Attempts { count: 0, first_at: invocation.now() };
                        self.stores.dead_letter(&subject, &claim, &failure, none, invocation).await.into()
                    }
                };
                End { effect_at_risk: end.effect_at_risk || unfinished_starts > 0, ..end }
            }
        }
    }

    /// Calls the handler and settles the record according to the result.
    async fn handle(
        &self,
        event: Event<H::Payload>,
        context: &Context,
        subject: &Subject<'_>,
        claim: &ClaimRequest,
        invocation: &Invocation,
    ) -> End {
        let event = Arc::new(event);
        let attempted = attempt(
            &self.breaker,
            invocation,
            || context.halted(),
            || {
                let (handler, event, context) =
                    (Arc::clone(&self.handler), Arc::clone(&event), context.clone());
                let limit = self.options.handler_timeout.min(invocation.remaining());
                guard(limit, async move { handler.handle(&event, &context).await })
            },
        )
        .await;
        self.stores.conclude(subject, claim, &attempted, invocation).await
    }

    fn context(
        &self,
        record: &Record,
        subject: &Subject<'_>,
        claim: &ClaimRequest,
        invocation: &Invocation,
    ) -> Context {
        Context {
            position: record.position.clone(),
            trace: subject.identity.trace.clone(),
            claims: Arc::clone(&self.stores.claims),
            claim_id: claim.id.clone(),
            content: claim.content,
            invocation: invocation.clone(),
            unconfirmed: Arc::new(AtomicUsize::new(0)),
            unclaimed: Arc::new(OnceLock::new()),
        }
    }
}

fn decode<P: Catalog>(record: &Record) -> Result<Event<P>, Failure> {
    if let Some(problem) = &record.malformed {
        return Err(malformed(problem));
    }
    let value = record.value.as_deref().unwrap_or_default();
    Event::decode(value, &record.position.topic)
        .map_err(|error| Failure { error_type: error.error_type().to_owned(), message: error.to_string() })
}

/// Groups of records that have to be settled in order: those with the same key (a mapping has one topic). A record
/// without a key is a group by itself.
fn by_key(records: Vec<Record>) -> Vec<Vec<Record>> {
    let mut groups: Vec<Vec<Record>> = Vec::new();
    let mut group_of_key = HashMap::new();
    for record in records {
        let Some(key) = &record.key else {
            groups.push(vec![record]);
            continue;
        };
        let group = *group_of_key.entry(key.clone()).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(record);
    }
    groups
}
