//! The state of an owned partition.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use super::record::Record;

/// A record that waits for a batch.
pub(super) struct Buffered {
    pub(super) record: Record,
    pub(super) arrived: Instant,
}

/// The state of an owned partition.
pub(super) struct Partition {
    /// Records that were read but are in no batch yet, in order.
    pub(super) buffer: VecDeque<Buffered>,
    /// The size of the buffer in bytes.
    pub(super) buffered_bytes: usize,
    /// The batches with records of this partition, in the order in which they must settle. Only the first may be in
    /// flight. While there is one, no new batch takes records.
    pub(super) batches: VecDeque<u64>,
    /// Batches that are still in flight from an earlier assignment of the partition.
    pub(super) earlier: BTreeSet<u64>,
    /// The offset after the last settled record.
    pub(super) settled_to: i64,
    /// For a record followed by filtered-out records: the offset after them, by the record's offset.
    skipped: BTreeMap<i64, i64>,
    /// The highest offset that was requested to be committed.
    pub(super) commit_requested: Option<i64>,
    /// The highest offset that the broker acknowledged, initially the start offset.
    pub(super) committed: i64,
    /// Whether reading is paused because the buffer is full.
    pub(super) paused: bool,
}

impl Partition {
    /// Creates a partition that is read from `start`. `committed` says whether the group has committed that offset.
    pub(super) fn new(start: i64, committed: bool, earlier: BTreeSet<u64>) -> Self {
        Self {
            buffer: VecDeque::new(),
            buffered_bytes: 0,
            batches: VecDeque::new(),
            earlier,
            settled_to: start,
            skipped: BTreeMap::new(),
            commit_requested: committed.then_some(start),
            committed: start,
            paused: false,
        }
    }

    pub(super) fn push(&mut self, record: Record, arrived: Instant) {
        self.buffered_bytes += record.json().len();
        self.buffer.push_back(Buffered { record, arrived });
    }

    /// Skips a record that no filter accepts. It is settled together with the records before it.
    pub(super) fn skip(&mut self, offset: i64) {
        match self.buffer.back() {
            Some(before) => {
                self.skipped.insert(before.record.position.offset, offset + 1);
            }
            None => self.settled_to = self.settled_to.max(offset + 1),
        }
    }

    /// Marks a record as settled.
    pub(super) fn settle(&mut self, offset: i64) {
        let next = self.skipped.remove(&offset).unwrap_or(offset + 1);
        self.settled_to = self.settled_to.max(next);
    }

    pub(super) fn pop(&mut self) -> Option<Record> {
        let record = self.buffer.pop_front()?.record;
        self.buffered_bytes -= record.json().len();
        Some(record)
    }

    /// When the first buffered record arrived, if a batch may take it now.
    pub(super) fn ready_since(&self) -> Option<Instant> {
        let free = self.batches.is_empty() && self.earlier.is_empty();
        self.buffer.front().filter(|_| free).map(|first| first.arrived)
    }
}
