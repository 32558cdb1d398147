//! Batches, their attempts, and the actions on them.

use std::collections::BTreeSet;
use std::time::Instant;

use super::record::{Position, Record};

/// Why a batch is discarded, as named in the failure destination's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The batch failed after all attempts that `MaximumRetryAttempts` allows.
    RetryAttemptsExhausted,
    /// The record is too large for a payload.
    MaximumPayloadSizeExceeded,
    /// The record is older than `MaximumRecordAgeInSeconds`. Inferred: the name is that of Lambda's stream sources.
    RecordAgeExceeded,
}

impl Condition {
    /// AWS's name for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RetryAttemptsExhausted => "RetryAttemptsExhausted",
            Self::MaximumPayloadSizeExceeded => "MaximumPayloadSizeExceeded",
            Self::RecordAgeExceeded => "RecordAgeExceeded",
        }
    }
}

/// The function's last response to a batch, for the failure destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAnswer {
    /// The invocation's request id.
    pub request_id: String,
    /// The HTTP status of the invocation.
    pub status: u16,
    /// The function's version.
    pub version: String,
    /// `Handled` or `Unhandled` if the function failed.
    pub function_error: Option<String>,
}

/// The outcome of an invocation or of a delivery to the failure destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All records succeeded.
    Done,
    /// These records failed, and the others succeeded.
    Partial(BTreeSet<Position>, LastAnswer),
    /// The whole batch failed.
    Failed(LastAnswer),
    /// The function did not run (throttled, unreachable). The batch is retried without using an attempt.
    NotRun,
    /// The endpoint rejected the payload as too large.
    TooLarge,
    /// The discarded batch was sent to the failure destination or dropped.
    GivenUp,
    /// The delivery to the failure destination failed and is retried.
    NotDelivered,
}

/// An action that the state machine requests. Its outcome must be passed to `Machine::finish`.
#[derive(Debug)]
pub enum Action {
    /// Invoke the function with these records.
    Invoke(Job),
    /// Send these records to the failure destination, or drop them.
    GiveUp(Job, Condition),
}

/// A batch to process.
#[derive(Clone, Debug)]
pub struct Job {
    /// The batch's id until it is settled or split.
    pub batch: u64,
    /// Its records, sorted by position and never empty.
    pub records: Vec<Record>,
    /// The number of failed invocations so far.
    pub failures: u32,
    /// The function's last response, if there was one.
    pub last: Option<LastAnswer>,
    /// The number of attempts to deliver it to the failure destination so far.
    pub deliveries: u32,
}

impl Job {
    /// The positions of its records.
    #[must_use]
    pub fn positions(&self) -> Vec<Position> {
        self.records.iter().map(|record| record.position).collect()
    }
}

/// The state of a batch.
pub(super) struct Batch {
    pub(super) records: Vec<Record>,
    /// The number of retries used. Splitting uses none.
    pub(super) retries: u32,
    /// The number of failed invocations.
    pub(super) failures: u32,
    /// The number of unsuccessful attempts of any kind, for the backoff.
    pub(super) waits: u32,
    pub(super) not_before: Instant,
    pub(super) in_flight: bool,
    /// Set if the batch is to be discarded instead of invoked.
    pub(super) given_up: Option<Condition>,
    pub(super) last: Option<LastAnswer>,
    /// The number of attempts to deliver it to the failure destination.
    pub(super) deliveries: u32,
}

impl Batch {
    pub(super) fn new(mut records: Vec<Record>, now: Instant) -> Self {
        records.sort_by_key(|record| record.position);
        Self {
            records,
            retries: 0,
            failures: 0,
            waits: 0,
            not_before: now,
            in_flight: false,
            given_up: None,
            last: None,
            deliveries: 0,
        }
    }

    /// A batch with some of its records and the same history.
    pub(super) fn part(&self, records: Vec<Record>) -> Self {
        Self {
            records,
            retries: self.retries,
            failures: self.failures,
            waits: self.waits,
            not_before: self.not_before,
            in_flight: false,
            given_up: self.given_up,
            last: self.last.clone(),
            deliveries: self.deliveries,
        }
    }

    /// The partitions of its records, in ascending order.
    pub(super) fn partitions(&self) -> BTreeSet<i32> {
        self.records.iter().map(|record| record.position.partition).collect()
    }

    pub(super) fn job(&self, batch: u64) -> Job {
        Job {
            batch,
            records: self.records.clone(),
            failures: self.failures,
            last: self.last.clone(),
            deliveries: self.deliveries,
        }
    }
}
