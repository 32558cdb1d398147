//! Decides which offsets to commit.

use super::super::partition::Partition;
use super::Machine;

impl Machine {
    /// The offsets to commit now: each partition's lowest unsettled offset, if it has increased.
    pub fn take_commits(&mut self) -> Vec<(i32, i64)> {
        let owned: Vec<i32> = self.partitions.keys().copied().collect();
        let mut commits = Vec::new();
        for number in owned {
            if let Some(offset) = self.commit_of(number)
                && let Some(partition) = self.partitions.get_mut(&number)
            {
                partition.commit_requested = Some(offset);
                commits.push((number, offset));
            }
        }
        commits
    }

    /// Records that the commits of these partitions failed, so that they are returned again.
    pub fn commit_failed(&mut self, partitions: &[i32]) {
        for number in partitions {
            if let Some(partition) = self.partitions.get_mut(number) {
                partition.commit_requested = None;
            }
        }
    }

    /// Records that the broker acknowledged these commits.
    pub fn commit_acknowledged(&mut self, commits: &[(i32, i64)]) {
        for (number, offset) in commits {
            if let Some(partition) = self.partitions.get_mut(number) {
                partition.committed = partition.committed.max(*offset);
            }
        }
    }

    /// The group's committed offset of each owned partition, or its start offset if there is none yet.
    #[must_use]
    pub fn committed(&self) -> Vec<(i32, i64)> {
        self.partitions.iter().map(|(number, state)| (*number, state.committed)).collect()
    }

    /// The final offsets of all owned partitions, even if [`Machine::take_commits`] returned them before.
    #[must_use]
    pub fn last_commits(&self) -> Vec<(i32, i64)> {
        self.partitions
            .iter()
            .map(|(number, state)| (*number, self.lowest_unsettled(*number, state)))
            .collect()
    }

    /// The partition's lowest unsettled offset, if it must be committed.
    pub(super) fn commit_of(&self, number: i32) -> Option<i64> {
        let state = self.partitions.get(&number)?;
        let offset = self.lowest_unsettled(number, state);
        state.commit_requested.is_none_or(|requested| offset > requested).then_some(offset)
    }

    fn lowest_unsettled(&self, number: i32, state: &Partition) -> i64 {
        let unsettled = state.batches.iter().filter_map(|id| {
            let mut records = self.batches.get(id)?.records.iter();
            let first = records.find(|record| record.position.partition == number)?;
            Some(first.position.offset)
        });
        unsettled.min().unwrap_or(state.settled_to)
    }
}
