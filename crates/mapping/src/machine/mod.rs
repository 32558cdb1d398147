//! The mapping's decisions as a state machine without I/O. It takes records and outcomes as input and returns actions.
//! The time is an argument.
//!
//! Invariants: a record is settled only after it succeeded or was discarded. A partition has at most one batch in
//! flight. Its records are processed in order. The offset to commit never passes an unsettled record and never
//! decreases.

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

/// The least number of records that are read ahead per partition, even if batches are small.
const LEAST_BUFFERED: usize = 1_000;

/// The settings of a machine.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The most records in a batch.
    pub batch_size: usize,
    /// The longest time that a record waits for a batch to fill.
    pub window: Duration,
    /// The largest payload in bytes.
    pub payload_limit: usize,
    /// The initial number of event pollers.
    pub pollers: u32,
    /// The number of retries of a failed batch; `None` for no limit.
    pub retries: Option<u32>,
    /// Older records are discarded.
    pub max_age: Option<Duration>,
    /// Whether a failed batch is split in two.
    pub bisect: bool,
}

/// The current time: monotonic time for waits, and wall time for the age of records.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The monotonic time.
    pub at: Instant,
    /// The wall time in milliseconds since the epoch.
    pub unix_millis: i64,
}

/// The state machine.
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
    /// Creates a machine without partitions. The seed is for the jitter of its backoff.
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

    /// Adds a partition that is read from `start`. `committed` says whether the group has committed that offset.
    pub fn assign(&mut self, partition: i32, start: i64, committed: bool) {
        let earlier = self.batches.iter().filter(|(_, batch)| {
            batch.in_flight && batch.records.iter().any(|record| record.position.partition == partition)
        });
        let earlier = earlier.map(|(id, _)| *id).collect();
        self.partitions.insert(partition, Partition::new(start, committed, earlier));
    }

    /// Removes a partition. Its buffered records and pending retries are read again by the next owner. Returns the
    /// offset that must still be committed.
    pub fn revoke(&mut self, partition: i32) -> Option<i64> {
        let commit = self.commit_of(partition);
        let state = self.partitions.remove(&partition)?;
        for id in state.batches {
            let Some(batch) = self.batches.get_mut(&id) else { continue };
            // A batch in flight keeps its records, because its response refers to them.
            if !batch.in_flight {
                batch.records.retain(|record| record.position.partition != partition);
                if batch.records.is_empty() {
                    self.batches.remove(&id);
                }
            }
        }
        commit
    }

    /// Adds a record. Returns whether to pause its partition. A record of a partition that is not owned is ignored.
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

    /// Adds a record that no filter accepts.
    pub fn skip(&mut self, position: Position) {
        if let Some(partition) = self.partitions.get_mut(&position.partition) {
            partition.skip(position.offset);
        }
    }

    /// Sets the number of pollers. Running invocations above the new limit may finish.
    pub fn set_pollers(&mut self, pollers: u32) {
        self.pollers = pollers;
    }

    /// The paused partitions whose buffers have room again, and marks them as resumed.
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

    /// The number of buffered records below which a partition resumes. It pauses at twice as many.
    fn read_ahead(&self) -> usize {
        self.rules.batch_size.max(LEAST_BUFFERED)
    }

    /// The next action; `None` if there is nothing to do now.
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

    /// When `next` may have an action even if nothing else happens.
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

    /// Processes the outcome of an action. Returns the records that will be retried.
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

    /// Starts no further actions. Running ones may finish.
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
