//! One partition that the mapping owns: what it has read, what is being worked on, what it may commit.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use super::record::Record;

/// A record that waits for a batch.
pub(super) struct Buffered {
    pub(super) record: Record,
    pub(super) arrived: Instant,
}

/// State of one owned partition.
pub(super) struct Partition {
    /// Read, in order, and in no batch yet.
    pub(super) buffer: VecDeque<Buffered>,
    /// Size of the buffer in bytes.
    pub(super) buffered_bytes: usize,
    /// Batches that hold records of this partition, in the order in which they must settle. Only the first
    /// may be in flight; no new batch takes records while there is one.
    pub(super) batches: VecDeque<u64>,
    /// Batches still in flight from before the partition was taken away and given back.
    pub(super) earlier: BTreeSet<u64>,
    /// The offset after the last settled record.
    pub(super) settled_to: i64,
    /// Where to go on after a record that filtered-out ones follow: by its offset, the offset after them.
    skipped: BTreeMap<i64, i64>,
    /// The highest offset handed out to be committed.
    pub(super) commit_requested: Option<i64>,
    /// The highest offset that the broker acknowledged; the start before there is one.
    pub(super) committed: i64,
    /// Reading is paused because the buffer is full.
    pub(super) paused: bool,
}

impl Partition {
    /// A partition read from `start` on. `committed` says whether the group has that offset already.
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

    /// Passes a record over that no filter accepts: it is settled as soon as those before it are.
    pub(super) fn skip(&mut self, offset: i64) {
        match self.buffer.back() {
            Some(before) => {
                self.skipped.insert(before.record.position.offset, offset + 1);
            }
            None => self.settled_to = self.settled_to.max(offset + 1),
        }
    }

    /// Notes that a record is settled.
    pub(super) fn settle(&mut self, offset: i64) {
        let next = self.skipped.remove(&offset).unwrap_or(offset + 1);
        self.settled_to = self.settled_to.max(next);
    }

    pub(super) fn pop(&mut self) -> Option<Record> {
        let record = self.buffer.pop_front()?.record;
        self.buffered_bytes -= record.json().len();
        Some(record)
    }

    /// When the first waiting record arrived, if a batch may take it now.
    pub(super) fn ready_since(&self) -> Option<Instant> {
        let free = self.batches.is_empty() && self.earlier.is_empty();
        self.buffer.front().filter(|_| free).map(|first| first.arrived)
    }
}
