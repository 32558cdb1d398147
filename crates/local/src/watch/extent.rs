//! The extent of a batch: its number of records and their offset ranges.

use std::collections::BTreeMap;

use tidings_mapping::Position;

/// A number of records, and the range of their offsets by partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) records: u64,
    /// The first and last offset, by partition.
    pub(super) offsets: BTreeMap<i32, (i64, i64)>,
}

impl Extent {
    pub(super) fn of(records: &[Position]) -> Self {
        let mut offsets: BTreeMap<i32, (i64, i64)> = BTreeMap::new();
        for Position { partition, offset } in records {
            let range = offsets.entry(*partition).or_insert((*offset, *offset));
            *range = (range.0.min(*offset), range.1.max(*offset));
        }
        Self { records: count(records), offsets }
    }
}

pub(super) fn count(records: &[Position]) -> u64 {
    u64::try_from(records.len()).unwrap_or(u64::MAX)
}
