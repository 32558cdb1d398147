//! The mapping's decisions as a state machine without input or output: records go in, what to do comes out,
//! how it ended goes in again. Time is an argument.
//!
//! What always holds: a record is settled only after an invocation that succeeded for it or after it was given
//! up; a partition has at most one batch in flight; its records are tried in order; what may be committed of it
//! never passes an unsettled record and never falls.

mod commits;
mod form;
mod settle;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::backoff::Backoff;
use super::batch::{Action, Batch, Outcome};
use super::partition::Partition;
use super::payload::Envelope;
use super::record::{Position, Record};
use super::scaling::invocations_at_once;

/// Records of a partition that are read ahead at least, however small batches are.
const LEAST_BUFFERED: usize = 1_000;

/// The rules that a machine follows.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Most records in a batch.
    pub batch_size: usize,
    /// Longest time that a record waits for others.
    pub window: Duration,
    /// Largest payload in bytes.
    pub payload_limit: usize,
    /// Event pollers to begin with.
    pub pollers: u32,
    /// Failed batches are tried again this often; without a number, forever.
    pub retries: Option<u32>,
    /// Records older than this are given up.
    pub max_age: Option<Duration>,
    /// A failed batch comes again in two halves.
    pub bisect: bool,
}

/// A moment on both clocks: waits follow the steady one, ages of records the wall.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Steady time.
    pub at: Instant,
    /// Wall time, milliseconds since the epoch.
    pub unix_millis: i64,
}

/// See the module's documentation.
pub struct Machine {
    rules: Rules,
    envelope: Envelope,
    backoff: Backoff,
    partitions: BTreeMap<i32, Partition>,
    batches: BTreeMap<u64, Batch>,
    last_batch: u64,
    pollers: u32,
    stopping: bool,
}

impl Machine {
    /// A machine that owns no partition yet. The seed spreads its backoff.
    #[must_use]
    pub fn new(rules: Rules, envelope: Envelope, seed: u64) -> Self {
        Self {
            pollers: rules.pollers,
            rules,
            envelope,
            backoff: Backoff::new(seed),
            partitions: BTreeMap::new(),
            batches: BTreeMap::new(),
            last_batch: 0,
            stopping: false,
        }
    }

    /// Takes over a partition, to be read from `start`; `committed` says whether the group stored that offset.
    pub fn assign(&mut self, partition: i32, start: i64, committed: bool) {
        let earlier = self.batches.iter().filter(|(_, batch)| {
            batch.in_flight && batch.records.iter().any(|record| record.position.partition == partition)
        });
        let earlier = earlier.map(|(id, _)| *id).collect();
        self.partitions.insert(partition, Partition::new(start, committed, earlier));
    }

    /// Gives a partition up: what is buffered or waits to be retried will be read again by the next owner.
    /// Answers the offset that is still to be committed.
    pub fn revoke(&mut self, partition: i32) -> Option<i64> {
        let commit = self.commit_of(partition);
        let state = self.partitions.remove(&partition)?;
        for id in state.batches {
            let Some(batch) = self.batches.get_mut(&id) else { continue };
            // A batch in flight keeps its records: its answer is judged by what was sent.
            if !batch.in_flight {
                batch.records.retain(|record| record.position.partition != partition);
                if batch.records.is_empty() {
                    self.batches.remove(&id);
                }
            }
        }
        commit
    }

    /// Takes a record in. Answers whether reading its partition should pause. A record of a partition that is
    /// not owned is left to its owner.
    pub fn push(&mut self, record: Record, at: Instant) -> bool {
        let enough = 2 * self.read_ahead();
        let Some(partition) = self.partitions.get_mut(&record.position.partition) else { return false };
        partition.push(record, at);
        let full =
            partition.buffer.len() >= enough || partition.buffered_bytes >= 2 * self.rules.payload_limit;
        let pause = full && !partition.paused;
        partition.paused |= full;
        pause
    }

    /// Takes note of a record that no filter accepts.
    pub fn skip(&mut self, position: Position) {
        if let Some(partition) = self.partitions.get_mut(&position.partition) {
            partition.skip(position.offset);
        }
    }

    /// Lets so many pollers work from now on. What more of them began may finish.
    pub fn set_pollers(&mut self, pollers: u32) {
        self.pollers = pollers;
    }

    /// Paused partitions whose buffers have room again; reading goes on.
    pub fn take_resumable(&mut self) -> Vec<i32> {
        let (read_ahead, mut resumable) = (self.read_ahead(), Vec::new());
        for (number, partition) in &mut self.partitions {
            if partition.paused
                && partition.buffer.len() < read_ahead
                && partition.buffered_bytes < self.rules.payload_limit
            {
                partition.paused = false;
                resumable.push(*number);
            }
        }
        resumable
    }

    /// Records of a partition that are buffered at least before its reading pauses, which it does at twice as many.
    fn read_ahead(&self) -> usize {
        self.rules.batch_size.max(LEAST_BUFFERED)
    }

    /// The next thing to do, until there is none.
    pub fn next(&mut self, now: Now) -> Option<Action> {
        if self.stopping {
            return None;
        }
        loop {
            if let Some(id) = self.runnable(now.at) {
                if self.give_up_expired(id, now) {
                    continue;
                }
                let batch = self.batches.get_mut(&id)?;
                batch.in_flight = true;
                let job = batch.job(id);
                return Some(match batch.given_up {
                    Some(condition) => Action::GiveUp(job, condition),
                    None => Action::Invoke(job),
                });
            }
            if !self.has_slot() || !self.form(now.at) {
                return None;
            }
        }
    }

    /// When `next` may have something to do without anything else happening.
    #[must_use]
    pub fn wake_at(&self) -> Option<Instant> {
        if self.stopping {
            return None;
        }
        let slot = self.has_slot();
        let retries = self.batches.iter().filter(|(id, batch)| {
            !batch.in_flight && (slot || batch.given_up.is_some()) && self.leads(**id, batch)
        });
        let windows = self.partitions.values().filter(|_| slot).filter_map(Partition::ready_since);
        retries.map(|(_, batch)| batch.not_before).chain(windows.map(|at| at + self.rules.window)).min()
    }

    /// Takes in how an action ended. Answers the records that come again.
    pub fn finish(&mut self, id: u64, outcome: Outcome, at: Instant) -> Vec<Position> {
        for partition in self.partitions.values_mut() {
            partition.earlier.remove(&id);
        }
        let Some(mut batch) = self.batches.remove(&id) else { return Vec::new() };
        batch.in_flight = false;
        batch.records.retain(|record| {
            self.partitions.get(&record.position.partition).is_some_and(|state| state.batches.contains(&id))
        });
        if batch.records.is_empty() {
            return Vec::new();
        }
        match outcome {
            Outcome::Done | Outcome::GivenUp => {
                self.settle(id, &batch.records, &[]);
                Vec::new()
            }
            Outcome::Partial(failed, answer) => self.partly_failed(id, batch, &failed, answer, at),
            Outcome::Failed(answer) => self.failed(id, batch, answer, at),
            Outcome::NotRun => self.again(id, batch, at),
            Outcome::NotDelivered => {
                batch.deliveries += 1;
                self.again(id, batch, at)
            }
            Outcome::TooLarge => self.too_large(id, batch, at),
        }
    }

    /// No new actions from now on; those under way may finish.
    pub fn stop(&mut self) {
        self.stopping = true;
    }

    fn in_flight(&self) -> usize {
        self.batches.values().filter(|batch| batch.in_flight && batch.given_up.is_none()).count()
    }

    fn has_slot(&self) -> bool {
        self.in_flight() < usize::try_from(invocations_at_once(self.pollers)).unwrap_or(usize::MAX)
    }

    /// Whether the batch is the first to settle in all its partitions.
    fn leads(&self, id: u64, batch: &Batch) -> bool {
        batch
            .partitions()
            .iter()
            .all(|number| self.partitions.get(number).is_some_and(|state| state.batches.front() == Some(&id)))
    }

    fn runnable(&self, at: Instant) -> Option<u64> {
        let slot = self.has_slot();
        let mut waiting = self.batches.iter().filter(|(id, batch)| {
            !batch.in_flight
                && batch.not_before <= at
                && (slot || batch.given_up.is_some())
                && self.leads(**id, batch)
        });
        waiting.next().map(|(id, _)| *id)
    }
}
