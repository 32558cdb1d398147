use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;

use super::super::super::batch::{Action, Job, Outcome};
use super::super::super::record::Position;
use super::super::Rules;
use super::{Bench, answer, failed, rules};

/// An event in a machine's life.
#[derive(Clone, Debug)]
enum Step {
    /// A record arrives after a gap in offsets (compaction, control records); one of no bytes is filtered out.
    Push {
        partition: i32,
        gap: i64,
        bytes: usize,
    },
    Pass(u64),
    Act,
    /// One of the running actions ends.
    Finish {
        which: prop::sample::Index,
        how: How,
    },
    /// A rebalance takes the partition away and gives it back.
    Rebalance(i32),
}

#[derive(Clone, Debug)]
enum How {
    Well,
    Partly(Vec<bool>),
    Badly,
    NotRun,
    TooLarge,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let how = prop_oneof![
        4 => Just(How::Well),
        3 => prop::collection::vec(any::<bool>(), 4).prop_map(How::Partly),
        2 => Just(How::Badly),
        1 => Just(How::NotRun),
        1 => Just(How::TooLarge),
    ];
    let step = prop_oneof![
        6 => (0..3, 1..4_i64, prop_oneof![1 => Just(0), 3 => 1..500_usize]).prop_map(|(partition, gap, bytes)| Step::Push { partition, gap, bytes }),
        1 => (0..3, Just(1), Just(2000_usize)).prop_map(|(partition, gap, bytes)| Step::Push { partition, gap, bytes }),
        3 => (0..20_000_u64).prop_map(Step::Pass),
        6 => Just(Step::Act),
        6 => (any::<prop::sample::Index>(), how).prop_map(|(which, how)| Step::Finish { which, how }),
        1 => (0..3).prop_map(Step::Rebalance),
    ];
    prop::collection::vec(step, 0..120)
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let retries = prop::option::of(0..3_u32);
    let max_age = prop::option::of((60..100_u64).prop_map(Duration::from_secs));
    (1..6_usize, retries, max_age, any::<bool>()).prop_map(|(batch_size, retries, max_age, bisect)| Rules {
        batch_size,
        retries,
        max_age,
        bisect,
        ..rules()
    })
}

/// A simulated environment of a machine: a log per partition and the settled records. Checks the invariants.
struct World {
    bench: Bench,
    /// Every record of a partition, in order: offset and size.
    log: BTreeMap<i32, Vec<(i64, usize)>>,
    /// How much of the log the machine has read.
    read: BTreeMap<i32, usize>,
    settled: BTreeSet<Position>,
    committed: BTreeMap<i32, i64>,
    under_way: Vec<(Job, bool)>,
}

impl World {
    fn new(rules: Rules) -> Self {
        let mut bench = Bench::new(rules);
        bench.machine.assign(2, 0, true);
        Self {
            bench,
            log: (0..3).map(|number| (number, Vec::new())).collect(),
            read: (0..3).map(|number| (number, 0)).collect(),
            settled: BTreeSet::new(),
            committed: (0..3).map(|number| (number, 0)).collect(),
            under_way: Vec::new(),
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Push { partition, gap, bytes } => {
                let log = self.log.get_mut(&partition).unwrap();
                let offset = log.last().map_or(-1, |(offset, _)| *offset) + gap;
                log.push((offset, bytes));
                self.read(partition);
            }
            Step::Pass(millis) => self.bench.pass(Duration::from_millis(millis)),
            Step::Act => {
                self.act();
            }
            Step::Finish { which, how } if !self.under_way.is_empty() => {
                let (job, giving_up) = self.under_way.swap_remove(which.index(self.under_way.len()));
                self.finish(&job, giving_up, how);
            }
            Step::Finish { .. } => {}
            Step::Rebalance(partition) => self.rebalance(partition),
        }
        self.check_commits();
    }

    fn read(&mut self, partition: i32) {
        let read = self.read.get_mut(&partition).unwrap();
        while let Some((offset, bytes)) = self.log[&partition].get(*read) {
            if *bytes == 0 {
                let position = Position { partition, offset: *offset };
                self.bench.machine.skip(position);
                self.settled.insert(position);
            } else {
                self.bench.push_sized(partition, *offset, *bytes);
            }
            *read += 1;
        }
    }

    fn rebalance(&mut self, partition: i32) {
        if let Some(offset) = self.bench.machine.revoke(partition) {
            self.commit(partition, offset);
        }
        let start = self.committed[&partition];
        self.bench.machine.assign(partition, start, true);
        let next = self.log[&partition].iter().position(|(offset, _)| *offset >= start);
        self.read.insert(partition, next.unwrap_or(self.log[&partition].len()));
        self.read(partition);
    }

    fn act(&mut self) -> bool {
        let (job, giving_up) = match self.bench.action() {
            None => return false,
            Some(Action::Invoke(job)) => (job, false),
            Some(Action::GiveUp(job, _)) => (job, true),
        };
        let positions = job.positions();
        assert!(!positions.is_empty());
        assert!(positions.is_sorted());
        for (other, _) in &self.under_way {
            for position in other.positions() {
                let shared = positions.iter().any(|own| own.partition == position.partition);
                assert!(!shared, "two batches of partition {} in flight", position.partition);
            }
        }
        for position in &positions {
            let earlier = self.log[&position.partition].iter().map(|(offset, _)| *offset);
            for offset in earlier.take_while(|offset| *offset < position.offset) {
                let earlier = Position { partition: position.partition, offset };
                assert!(
                    self.settled.contains(&earlier) || positions.contains(&earlier),
                    "{position} overtook {earlier}"
                );
            }
        }
        self.under_way.push((job, giving_up));
        true
    }

    fn finish(&mut self, job: &Job, giving_up: bool, how: How) {
        let positions = job.positions();
        let outcome = match how {
            How::Well if giving_up => Outcome::GivenUp,
            _ if giving_up => Outcome::NotDelivered,
            How::Well => Outcome::Done,
            How::Badly => failed(),
            How::NotRun => Outcome::NotRun,
            How::TooLarge => Outcome::TooLarge,
            How::Partly(which) => {
                let failed = positions.iter().zip(which.iter().cycle()).filter(|(_, failed)| **failed);
                Outcome::Partial(failed.map(|(position, _)| *position).collect(), answer())
            }
        };
        // A processed record counts as settled even if another member owns the partition now.
        match &outcome {
            Outcome::Done | Outcome::GivenUp => self.settled.extend(positions),
            Outcome::Partial(failed, _) => {
                self.settled.extend(positions.into_iter().filter(|position| !failed.contains(position)));
            }
            _ => {}
        }
        self.bench.finish(job, outcome);
    }

    fn check_commits(&mut self) {
        for (partition, offset) in self.bench.machine.take_commits() {
            self.commit(partition, offset);
        }
    }

    fn commit(&mut self, partition: i32, offset: i64) {
        let before = self.committed.insert(partition, offset).unwrap();
        assert!(offset > before, "the commit of partition {partition} fell from {before} to {offset}");
        for (earlier, _) in self.log[&partition].iter().take_while(|(earlier, _)| *earlier < offset) {
            let earlier = Position { partition, offset: *earlier };
            assert!(self.settled.contains(&earlier), "{earlier} was committed unsettled");
        }
    }

    /// From here on every action succeeds, and all records must be settled and committed.
    fn drain(&mut self) {
        for _ in 0..10_000 {
            while self.act() {}
            self.check_commits();
            if self.under_way.is_empty() {
                let Some(wake_at) = self.bench.machine.wake_at() else { break };
                assert!(wake_at > self.bench.at, "it would wake at once and do nothing");
                self.bench.pass(wake_at - self.bench.at + Duration::from_millis(1));
            }
            for (job, giving_up) in std::mem::take(&mut self.under_way) {
                self.finish(&job, giving_up, How::Well);
            }
        }
        self.check_commits();
        for (partition, log) in &self.log {
            let end = log.last().map_or(0, |(offset, _)| offset + 1);
            assert_eq!(self.committed[partition], end, "partition {partition} is not settled to its end");
        }
    }
}

proptest! {
    /// No record is lost or overtakes another one in its partition, no partition has two batches in flight, and
    /// commits never pass an unsettled record or decrease.
    #[test]
    fn invariants_hold_for_any_sequence_of_events(rules in any_rules(), steps in steps()) {
        let mut world = World::new(rules);
        for step in steps {
            world.step(step);
        }
        world.drain();
    }
}
