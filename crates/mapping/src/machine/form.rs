//! Forms batches from buffered records.

use std::time::Instant;

use super::super::batch::{Batch, Condition};
use super::super::partition::Partition;
use super::super::record::Record;
use super::{Machine, Now};

impl Machine {
    /// Splits off records that are too old to be sent. Returns whether there were any.
    pub(super) fn give_up_expired(&mut self, id: u64, now: Now) -> bool {
        let Some(max_age) = self.rules.max_age else { return false };
        let oldest =
            now.unix_millis.saturating_sub_unsigned(u64::try_from(max_age.as_millis()).unwrap_or(u64::MAX));
        let expired = |record: &Record| record.timestamp >= 0 && record.timestamp < oldest;
        let Some(batch) = self.batches.get(&id) else { return false };
        if batch.given_up.is_some() || !batch.records.iter().any(expired) {
            return false;
        }
        let (old, live): (Vec<_>, Vec<_>) = batch.records.iter().cloned().partition(expired);
        let mut old = batch.part(old);
        old.given_up = Some(Condition::RecordAgeExceeded);
        let live = batch.part(live);
        self.batches.remove(&id);
        self.replace(id, vec![old, live]);
        true
    }

    /// Forms a batch if one is due. Returns whether it did.
    pub(super) fn form(&mut self, at: Instant) -> bool {
        let mut ready: Vec<(Instant, i32)> = self
            .partitions
            .iter()
            .filter_map(|(number, state)| state.ready_since().map(|since| (since, *number)))
            .collect();
        // The partition that has waited longest comes first, so that none starves.
        ready.sort_unstable();
        let Some((oldest, _)) = ready.first() else { return false };
        if let Some(number) =
            ready.iter().map(|(_, number)| *number).find(|number| self.head_is_too_large(*number))
        {
            self.give_up_head(number, at);
            return true;
        }
        if *oldest + self.rules.window > at && !self.is_full(&ready) {
            return false;
        }
        let records = self.take_records(&ready);
        self.start(Batch::new(records, at));
        true
    }

    /// Whether the ready partitions hold at least a whole batch, by count or by size.
    fn is_full(&self, ready: &[(Instant, i32)]) -> bool {
        let states = || ready.iter().filter_map(|(_, number)| self.partitions.get(number));
        let count: usize = states().map(|state| state.buffer.len()).sum();
        if count >= self.rules.batch_size {
            return true;
        }
        let bytes: usize = states().map(|state| state.buffered_bytes).sum();
        // Each record adds a comma. The overhead per partition is counted exactly when the batch is taken.
        bytes + count >= self.rules.payload_limit
    }

    fn take_records(&mut self, ready: &[(Instant, i32)]) -> Vec<Record> {
        let mut gauge = self.envelope.gauge();
        let mut records = Vec::new();
        for (_, number) in ready {
            let Some(state) = self.partitions.get_mut(number) else { continue };
            while let Some(first) = state.buffer.front() {
                if records.len() == self.rules.batch_size
                    || gauge.with(&first.record) > self.rules.payload_limit
                {
                    return records;
                }
                gauge.add(&first.record);
                records.extend(state.pop());
            }
        }
        records
    }

    fn head_is_too_large(&self, number: i32) -> bool {
        let head = self.partitions.get(&number).and_then(|state| state.buffer.front());
        head.is_some_and(|head| self.envelope.gauge().with(&head.record) > self.rules.payload_limit)
    }

    fn give_up_head(&mut self, number: i32, at: Instant) {
        let Some(record) = self.partitions.get_mut(&number).and_then(Partition::pop) else { return };
        let mut batch = Batch::new(vec![record], at);
        batch.given_up = Some(Condition::MaximumPayloadSizeExceeded);
        self.start(batch);
    }

    fn start(&mut self, batch: Batch) {
        self.last_batch += 1;
        for number in batch.partitions() {
            if let Some(state) = self.partitions.get_mut(&number) {
                state.batches.push_back(self.last_batch);
            }
        }
        self.batches.insert(self.last_batch, batch);
    }
}
