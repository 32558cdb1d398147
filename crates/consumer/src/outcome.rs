//! How a record ended, and the function's response about it.

use serde::Serialize;

/// How a record ended: done, duplicate, dead-lettered or returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The handler succeeded and the fact is stored, or the record is a tombstone, which needs no handler.
    Done,
    /// The record was settled before. The handler did not run.
    Duplicate,
    /// The whole record is in the dead letter queue and the fact is stored.
    DeadLettered,
    /// The record is not settled. The event source mapping delivers it again.
    Returned(Reason),
}

/// Why a record was not settled in this invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display)]
pub enum Reason {
    /// The invocation's time is used up.
    DeadlineNear,
    /// Another invocation has claimed the record.
    ClaimedElsewhere,
    /// The idempotency store did not answer.
    StoreUnreachable,
    /// The dead letter queue did not answer.
    QueueUnreachable,
    /// Too many failures in a row: the service behind the handler is down.
    BreakerOpen,
    /// An earlier record of the same key was returned.
    BehindReturned,
    /// The effect happened, but its fact could not be stored. So the effect may happen again.
    EffectUnconfirmed,
}

impl Outcome {
    /// The outcome's name in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Duplicate => "duplicate",
            Self::DeadLettered => "dead_lettered",
            Self::Returned(_) => "returned",
        }
    }
}

/// How one record ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The name under which the payload lists the record, `topic-partition`.
    pub source: String,
    /// Its offset; `None` if it has no readable offset.
    pub offset: Option<i64>,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it was a tombstone.
    pub tombstone: bool,
    /// How many times the handler was called.
    pub attempts: u32,
    /// Whether an effect may have happened without its fact being stored.
    pub effect_at_risk: bool,
}

/// A partial batch response: the records to deliver again.
/// <https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html>
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// The records to deliver again; empty if all are settled.
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// One record to deliver again.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// The record's position.
    pub item_identifier: ItemIdentifier,
}

/// A record's position as a partial batch response contains it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ItemIdentifier {
    /// The name under which the payload listed it, `topic-partition`.
    pub partition: String,
    /// Its offset.
    pub offset: i64,
}

/// Records could not be settled, and either the mapping does not accept partial batch responses or the records have no
/// offset. The whole batch is delivered again, and the records that are already settled end as duplicates.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{count} records were not settled ({reason}); the batch is delivered again")]
pub struct RecordsReturned {
    /// The number of records that were not settled.
    pub count: usize,
    /// Why the first of them was not settled.
    pub reason: Reason,
}

/// The function's response for these records.
pub fn respond(settled: &[Settled], partial_batch_responses: bool) -> Result<Response, RecordsReturned> {
    let mut failures = Vec::new();
    let mut unnamed = None;
    for record in settled {
        let Outcome::Returned(reason) = record.outcome else { continue };
        match record.offset {
            Some(offset) if partial_batch_responses => failures.push(BatchItemFailure {
                item_identifier: ItemIdentifier { partition: record.source.clone(), offset },
            }),
            _ => unnamed = unnamed.or(Some(reason)),
        }
    }
    match unnamed {
        None => Ok(Response { batch_item_failures: failures }),
        Some(reason) => {
            let returned = |record: &&Settled| matches!(record.outcome, Outcome::Returned(_));
            Err(RecordsReturned { count: settled.iter().filter(returned).count(), reason })
        }
    }
}
