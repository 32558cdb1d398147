//! How a record ended, and what the function answers about it.

use serde::Serialize;

/// How a record ended: done, duplicate, dead-lettered or returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The handler succeeded and the fact is stored; a tombstone has nothing to handle and is done as well.
    Done,
    /// It was settled before; the handler did not run.
    Duplicate,
    /// The whole record is in the dead letter queue and the fact is stored.
    DeadLettered,
    /// Not settled; the event source mapping delivers it again.
    Returned(Reason),
}

/// Why a record was not settled in this invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display)]
pub enum Reason {
    /// The invocation's time is up.
    DeadlineNear,
    /// Another invocation works on it.
    ClaimedElsewhere,
    /// The idempotency store did not answer.
    StoreUnreachable,
    /// The dead letter queue did not answer.
    QueueUnreachable,
    /// Too many failures in a row: the service behind the handler is down.
    BreakerOpen,
    /// An earlier record of the same key was returned.
    BehindReturned,
    /// The effect happened, but the fact could not be stored: the one window in which it may happen again.
    EffectUnconfirmed,
}

impl Outcome {
    /// The name in logs and metrics.
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

/// One record's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Where the payload lists the record, `topic-partition`.
    pub source: String,
    /// Its offset; `None` for something without a readable one.
    pub offset: Option<i64>,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it was a tombstone.
    pub tombstone: bool,
    /// Handler calls.
    pub attempts: u32,
    /// Whether an effect may have happened whose fact was not stored.
    pub effect_at_risk: bool,
}

/// A partial batch response: the records to deliver again.
/// <https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html>
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// Empty: everything is settled.
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// One record to deliver again.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// Which.
    pub item_identifier: ItemIdentifier,
}

/// A record as a partial batch response names it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ItemIdentifier {
    /// The name under which the payload listed it, `topic-partition`.
    pub partition: String,
    /// Its offset.
    pub offset: i64,
}

/// Records could not be settled and the mapping takes no partial answers, or they have no offset to name:
/// the whole batch comes again, and what is settled already ends as duplicate.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{count} records were not settled ({reason}); the batch is delivered again")]
pub struct RecordsReturned {
    /// How many.
    pub count: usize,
    /// The first one's reason.
    pub reason: Reason,
}

/// What the function answers about these records.
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
