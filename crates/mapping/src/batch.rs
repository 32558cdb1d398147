//! Batches on their way: what they hold, how often they were tried, what happens to them next.

use std::collections::BTreeSet;
use std::time::Instant;

use super::record::{Position, Record};

/// Why a batch is given up, as the failure destination's message names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The function failed as often as `MaximumRetryAttempts` allows.
    RetryAttemptsExhausted,
    /// A record that no payload can hold.
    MaximumPayloadSizeExceeded,
    /// Older than `MaximumRecordAgeInSeconds`. Inferred: the name is the one of Lambda's stream sources.
    RecordAgeExceeded,
}

impl Condition {
    /// AWS's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RetryAttemptsExhausted => "RetryAttemptsExhausted",
            Self::MaximumPayloadSizeExceeded => "MaximumPayloadSizeExceeded",
            Self::RecordAgeExceeded => "RecordAgeExceeded",
        }
    }
}

/// What a function's last answer to a batch was, for the failure destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAnswer {
    /// The invocation's request id.
    pub request_id: String,
    /// HTTP status of the invocation.
    pub status: u16,
    /// The version that ran.
    pub version: String,
    /// `Handled` or `Unhandled`, where the function failed.
    pub function_error: Option<String>,
}

/// How an invocation, or the delivery of a batch that was given up, ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All records are done.
    Done,
    /// These records failed, the others are done.
    Partial(BTreeSet<Position>, LastAnswer),
    /// The whole batch failed.
    Failed(LastAnswer),
    /// The function did not run (throttled, out of reach): again, without counting.
    NotRun,
    /// The endpoint refused the payload's size.
    TooLarge,
    /// A batch that was given up is in the failure destination, or was dropped.
    GivenUp,
    /// The failure destination did not take it: again.
    NotDelivered,
}

/// What the state machine wants done. Each must be answered by `Machine::finish`.
#[derive(Debug)]
pub enum Action {
    /// Invoke the function with these records.
    Invoke(Job),
    /// Hand these records to the failure destination, or drop them.
    GiveUp(Job, Condition),
}

/// One batch to act on.
#[derive(Clone, Debug)]
pub struct Job {
    /// Names the batch while it lives.
    pub batch: u64,
    /// Sorted by position; never empty.
    pub records: Vec<Record>,
    /// Invocations in which the function ran and failed, so far.
    pub failures: u32,
    /// Its last answer, if it gave one.
    pub last: Option<LastAnswer>,
    /// Tries to hand it to the failure destination, so far.
    pub deliveries: u32,
}

impl Job {
    /// Where the records sit.
    #[must_use]
    pub fn positions(&self) -> Vec<Position> {
        self.records.iter().map(|record| record.position).collect()
    }
}

/// A batch inside the state machine.
pub(super) struct Batch {
    pub(super) records: Vec<Record>,
    /// Attempts used of the quota; splitting uses none.
    pub(super) retries: u32,
    /// Invocations that failed.
    pub(super) failures: u32,
    /// Tries of any kind that did not settle it, for the backoff.
    pub(super) waits: u32,
    pub(super) not_before: Instant,
    pub(super) in_flight: bool,
    /// Set once it is to be given up instead of invoked.
    pub(super) given_up: Option<Condition>,
    pub(super) last: Option<LastAnswer>,
    /// Tries to hand it to the failure destination.
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

    /// A batch with this one's story and some of its records.
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

    /// The partitions that it holds records of, ascending.
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
