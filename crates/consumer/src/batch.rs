//! One invocation of a function that does one write for the records of a partition.

use std::{collections::BTreeMap, sync::Arc};

use futures::{StreamExt as _, stream};

use crate::{
    attempt::{Attempted, Verdict, attempt, guard},
    breaker::Breaker,
    claims::ClaimRequest,
    handler::BatchHandler,
    identity::Identity,
    invocation::Invocation,
    options::Options,
    outcome::{Outcome, Reason, Settled},
    payload::{self, PayloadError},
    record::Record,
    settle::{End, Opened, Stores, Subject},
};

/// Claims and facts stored at the same time: a batch has up to 10,000 records.
const STORE_CONCURRENCY: usize = 32;

/// Turns invocations into handler calls, one per partition.
pub struct BatchConsumer<H> {
    pub(crate) handler: Arc<H>,
    pub(crate) stores: Stores,
    pub(crate) options: Options,
    pub(crate) breaker: Breaker,
}

/// A record that is ours to store.
struct Open {
    record: Record,
    identity: Identity,
    claim: ClaimRequest,
    unfinished_starts: u32,
}

impl<H: BatchHandler> BatchConsumer<H> {
    /// Settles every record of the payload.
    pub async fn consume(
        &self,
        payload: &[u8],
        invocation: &Invocation,
    ) -> Result<Vec<Settled>, PayloadError> {
        let batch = payload::read(payload)?;
        let strays = stream::iter(&batch.strays).then(|stray| self.stores.settle_stray(stray, invocation));
        let mut settled: Vec<Settled> = strays.collect().await;
        let mut partitions: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        for record in batch.records {
            partitions.entry(record.source.clone()).or_default().push(record);
        }
        for records in partitions.into_values() {
            settled.extend(self.settle_partition(records, invocation).await);
        }
        Ok(settled)
    }

    async fn settle_partition(&self, records: Vec<Record>, invocation: &Invocation) -> Vec<Settled> {
        let opened: Vec<_> = stream::iter(records)
            .map(|record| self.open(record, invocation))
            .buffered(STORE_CONCURRENCY)
            .collect()
            .await;
        let mut settled = Vec::new();
        let mut open = Vec::new();
        for entry in opened {
            match entry {
                Ok(entry) => open.push(entry),
                Err(end) => settled.push(end),
            }
        }
        if !open.is_empty() {
            settled.extend(self.store(open, invocation).await);
        }
        settled
    }

    async fn open(&self, record: Record, invocation: &Invocation) -> Result<Open, Settled> {
        if invocation.remaining().is_zero() {
            return Err(settled(&record, Outcome::Returned(Reason::DeadlineNear).into()));
        }
        let identity = Identity::of_record(&record);
        let subject = Subject { identity: &identity, source: &record.source, json: &record.json };
        let claim = identity.claim_place(self.stores.function, invocation);
        match self.stores.open(&subject, claim, invocation).await {
            Opened::Ended(end) => Err(settled(&record, end)),
            Opened::Mine { claim, unfinished_starts } => {
                Ok(Open { record, identity, claim, unfinished_starts })
            }
        }
    }

    /// Stores the records in one write; if that cannot succeed, each in one of its own, so that only what
    /// cannot be stored becomes a dead letter.
    async fn store(&self, open: Vec<Open>, invocation: &Invocation) -> Vec<Settled> {
        let attempted = self.call(&open, invocation).await;
        if matches!(attempted.verdict, Verdict::Failed(_)) && open.len() > 1 {
            let one_by_one = stream::iter(open).then(async |entry| {
                let attempted = self.call(std::slice::from_ref(&entry), invocation).await;
                self.conclude(&entry, &attempted, invocation).await
            });
            return one_by_one.collect().await;
        }
        let concluded = stream::iter(&open).map(|entry| self.conclude(entry, &attempted, invocation));
        concluded.buffered(STORE_CONCURRENCY).collect().await
    }

    async fn call(&self, open: &[Open], invocation: &Invocation) -> Attempted {
        let records: Arc<[Record]> = open.iter().map(|entry| entry.record.clone()).collect();
        attempt(
            &self.breaker,
            invocation,
            || false,
            || {
                let (handler, records) = (Arc::clone(&self.handler), Arc::clone(&records));
                let limit = self.options.handler_timeout.min(invocation.remaining());
                guard(limit, async move { handler.handle(&records).await })
            },
        )
        .await
    }

    async fn conclude(&self, entry: &Open, attempted: &Attempted, invocation: &Invocation) -> Settled {
        let Open { record, identity, claim, unfinished_starts } = entry;
        let subject = Subject { identity, source: &record.source, json: &record.json };
        let end = self.stores.conclude(&subject, claim, attempted, invocation).await;
        settled(record, End { effect_at_risk: end.effect_at_risk || *unfinished_starts > 0, ..end })
    }
}

fn settled(record: &Record, end: End) -> Settled {
    Settled {
        source: record.source.clone(),
        offset: Some(record.position.offset),
        outcome: end.outcome,
        tombstone: record.is_tombstone(),
        attempts: end.attempts,
        effect_at_risk: end.effect_at_risk,
    }
}
