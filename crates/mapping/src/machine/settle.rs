//! Processes the outcome of a batch.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::super::batch::{Batch, Condition, LastAnswer};
use super::super::record::{Position, Record};
use super::Machine;

impl Machine {
    /// Replaces a batch by parts of it, which settle in their order.
    pub(super) fn replace(&mut self, id: u64, parts: Vec<Batch>) {
        let mut replacements: BTreeMap<i32, Vec<u64>> = BTreeMap::new();
        for part in parts.into_iter().filter(|part| !part.records.is_empty()) {
            self.last_batch += 1;
            for number in part.partitions() {
                replacements.entry(number).or_default().push(self.last_batch);
            }
            self.batches.insert(self.last_batch, part);
        }
        for (number, ids) in replacements {
            let Some(state) = self.partitions.get_mut(&number) else { continue };
            if let Some(index) = state.batches.iter().position(|other| *other == id) {
                state.batches.remove(index);
                for (shift, new) in ids.into_iter().enumerate() {
                    state.batches.insert(index + shift, new);
                }
            }
        }
    }

    /// Marks records as settled and frees partitions without remaining records in the batch.
    pub(super) fn settle(&mut self, id: u64, settled: &[Record], remaining: &[Record]) {
        let unfinished: BTreeSet<i32> = remaining.iter().map(|record| record.position.partition).collect();
        for Position { partition, offset } in settled.iter().map(|record| record.position) {
            let Some(state) = self.partitions.get_mut(&partition) else { continue };
            state.settle(offset);
            if !unfinished.contains(&partition) {
                state.batches.retain(|other| *other != id);
            }
        }
    }

    pub(super) fn partly_failed(
        &mut self,
        id: u64,
        mut batch: Batch,
        failed: &BTreeSet<Position>,
        answer: LastAnswer,
        at: Instant,
    ) -> Vec<Position> {
        let (remaining, settled): (Vec<_>, Vec<_>) = std::mem::take(&mut batch.records)
            .into_iter()
            .partition(|record| failed.contains(&record.position));
        self.settle(id, &settled, &remaining);
        if remaining.is_empty() {
            return Vec::new();
        }
        batch.records = remaining;
        batch.last = Some(answer);
        batch.failures += 1;
        self.count_retry(id, batch, at)
    }

    pub(super) fn failed(
        &mut self,
        id: u64,
        mut batch: Batch,
        answer: LastAnswer,
        at: Instant,
    ) -> Vec<Position> {
        batch.last = Some(answer);
        batch.failures += 1;
        if !self.rules.bisect || batch.records.len() == 1 {
            return self.count_retry(id, batch, at);
        }
        batch.waits += 1;
        batch.not_before = at + self.backoff.after(batch.waits);
        self.halve(id, &batch)
    }

    pub(super) fn too_large(&mut self, id: u64, mut batch: Batch, at: Instant) -> Vec<Position> {
        batch.not_before = at;
        if batch.records.len() > 1 {
            return self.halve(id, &batch);
        }
        batch.given_up = Some(Condition::MaximumPayloadSizeExceeded);
        self.batches.insert(id, batch);
        Vec::new()
    }

    fn halve(&mut self, id: u64, batch: &Batch) -> Vec<Position> {
        let (first, second) = batch.records.split_at(batch.records.len() / 2);
        let again = batch.records.iter().map(|record| record.position).collect();
        self.replace(id, vec![batch.part(first.to_vec()), batch.part(second.to_vec())]);
        again
    }

    /// Uses one retry, or discards the batch if none is left.
    fn count_retry(&mut self, id: u64, mut batch: Batch, at: Instant) -> Vec<Position> {
        if self.rules.retries.is_some_and(|limit| batch.retries >= limit) {
            batch.given_up = Some(Condition::RetryAttemptsExhausted);
            batch.not_before = at;
            self.batches.insert(id, batch);
            return Vec::new();
        }
        batch.retries += 1;
        self.again(id, batch, at)
    }

    pub(super) fn again(&mut self, id: u64, mut batch: Batch, at: Instant) -> Vec<Position> {
        batch.waits += 1;
        batch.not_before = at + self.backoff.after(batch.waits);
        let again = batch.records.iter().map(|record| record.position).collect();
        self.batches.insert(id, batch);
        again
    }
}
