//! One invocation of a function that stores the records of a partition in one write.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use futures::{StreamExt as _, stream};
use tracing::{Instrument as _, Span};

use crate::{
    attempt::{Attempted, Verdict, attempt, guard},
    breaker::Breaker,
    claims::ClaimRequest,
    consume::{Consume, record_span},
    handler::BatchHandler,
    identity::Identity,
    invocation::Invocation,
    options::Options,
    outcome::Settled,
    record::Record,
    settle::{End, LAST_START, Opened, Stores, Subject},
    telemetry::{end_record, end_write, is_sampled},
};

/// Turns invocations into handler calls, one per partition.
pub struct BatchConsumer<H> {
    pub(crate) handler: Arc<H>,
    stores: Stores,
    options: Options,
    breaker: Breaker,
}

/// A record that this invocation has claimed.
struct Open {
    record: Record,
    identity: Identity,
    claim: ClaimRequest,
    unfinished_starts: u32,
    span: Span,
}

impl<H: BatchHandler> Consume for BatchConsumer<H> {
    fn stores(&self) -> &Stores {
        &self.stores
    }

    async fn settle_records(&self, records: Vec<Record>, invocation: &Invocation) -> Vec<Settled> {
        let mut settled = Vec::new();
        for records in by_partition(records) {
            settled.extend(self.settle_partition(records, invocation).await);
        }
        settled
    }
}

impl<H: BatchHandler> BatchConsumer<H> {
    pub(crate) fn new(handler: H, stores: Stores, options: Options) -> Self {
        Self { handler: Arc::new(handler), stores, options, breaker: Breaker::default() }
    }

    async fn settle_partition(&self, records: Vec<Record>, invocation: &Invocation) -> Vec<Settled> {
        let opened: Vec<_> = stream::iter(records)
            .map(|record| self.open(record, invocation))
            .buffered(self.options.max_concurrency)
            .collect()
            .await;
        let mut settled = Vec::new();
        let (mut open, mut last_starts) = (Vec::new(), Vec::new());
        for entry in opened {
            match entry {
                // Released until its turn comes, so that this start does not count as unfinished meanwhile.
                Ok(entry) if entry.unfinished_starts == LAST_START => {
                    self.stores.release(&entry.claim, invocation).await;
                    last_starts.push(entry.record);
                }
                Ok(entry) => open.push(entry),
                Err(end) => settled.push(end),
            }
        }
        if !open.is_empty() {
            settled.extend(self.store(open, invocation).await);
        }
        for record in last_starts {
            match self.open(record, invocation).await {
                Ok(alone) => settled.extend(self.store(vec![alone], invocation).await),
                Err(end) => settled.push(end),
            }
        }
        settled
    }

    async fn open(&self, record: Record, invocation: &Invocation) -> Result<Open, Settled> {
        let identity = Identity::of_record(&record);
        let subject = Subject { identity: &identity, source: &record.source, json: &record.json };
        let claim = identity.claim_place(self.stores.function, invocation);
        let span = record_span(&record, &identity, invocation);
        match self.stores.open(&subject, claim, invocation).instrument(span.clone()).await {
            Opened::Ended(end) => {
                end_record(&span, end);
                Err(settled(&record, end))
            }
            Opened::Mine { claim, unfinished_starts } => {
                Ok(Open { record, identity, claim, unfinished_starts, span })
            }
        }
    }

    /// Stores the records in one write. If that fails permanently, stores each of them separately, so that only the
    /// records that cannot be stored become dead letters.
    async fn store(&self, open: Vec<Open>, invocation: &Invocation) -> Vec<Settled> {
        let attempted = self.call(&open, invocation).await;
        if matches!(attempted.verdict, Verdict::Failed(_)) && open.len() > 1 {
            let one_by_one = stream::iter(open).then(async |entry| {
                let mut alone = self.call(std::slice::from_ref(&entry), invocation).await;
                alone.effect_at_risk |= attempted.effect_at_risk;
                self.conclude(&entry, &alone, invocation).await
            });
            return one_by_one.collect().await;
        }
        let concluded = stream::iter(&open).map(|entry| self.conclude(entry, &attempted, invocation));
        concluded.buffered(self.options.max_concurrency).collect().await
    }

    async fn call(&self, open: &[Open], invocation: &Invocation) -> Attempted {
        let records: Arc<[Record]> = open.iter().map(|entry| entry.record.clone()).collect();
        let span = write_span(open, invocation);
        let attempted = attempt(
            &self.breaker,
            invocation,
            || None,
            || {
                let (handler, records) = (Arc::clone(&self.handler), Arc::clone(&records));
                let limit = self.options.handler_timeout.min(invocation.remaining());
                guard(limit, async move { handler.handle(&records).await })
            },
        )
        .instrument(span.clone())
        .await;
        end_write(&span, &attempted);
        attempted
    }

    async fn conclude(&self, entry: &Open, attempted: &Attempted, invocation: &Invocation) -> Settled {
        let Open { record, identity, claim, unfinished_starts, span } = entry;
        let subject = Subject { identity, source: &record.source, json: &record.json };
        let concluded = self.stores.conclude(&subject, claim, attempted, invocation);
        let end = concluded.instrument(span.clone()).await;
        let end = End { effect_at_risk: end.effect_at_risk || *unfinished_starts > 0, ..end };
        end_record(span, end);
        settled(record, end)
    }
}

/// The span of a write. Its fields are in all log lines of the write. In traces it is a child of one record's span and
/// linked to the others.
fn write_span(open: &[Open], invocation: &Invocation) -> Span {
    let position = &open[0].record.position;
    let parent = open.iter().find(|entry| is_sampled(&entry.span)).unwrap_or(&open[0]);
    let span = tracing::info_span!(
        parent: &parent.span,
        "write",
        request_id = invocation.request_id,
        topic = position.topic,
        partition = position.partition,
        records = open.len(),
    );
    for entry in open {
        span.follows_from(&entry.span);
    }
    span
}

/// The records of each partition. A repeated position goes into a separate list, because its claim is
/// held until the first occurrence is settled.
fn by_partition(records: Vec<Record>) -> impl Iterator<Item = Vec<Record>> {
    let mut occurrences = HashMap::new();
    let mut lists: BTreeMap<(String, i64, u32), Vec<Record>> = BTreeMap::new();
    for record in records {
        let occurrence =
            occurrences.entry(record.position.clone()).and_modify(|count| *count += 1).or_insert(0);
        let (topic, partition) = (record.position.topic.clone(), record.position.partition);
        lists.entry((topic, partition, *occurrence)).or_default().push(record);
    }
    lists.into_values()
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
