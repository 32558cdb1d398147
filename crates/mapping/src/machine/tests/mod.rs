//! Tests of the machine: single decisions, and its invariants under random events.

mod decisions;
mod promises;

use std::time::{Duration, Instant};

use tidings_trigger::EventSource;

use super::super::batch::{Action, Condition, Job, LastAnswer, Outcome};
use super::super::payload::Envelope;
use super::super::record::{Position, Record};
use super::{Machine, Now, Rules};

const WINDOW: Duration = Duration::from_millis(500);

fn rules() -> Rules {
    Rules {
        batch_size: 4,
        window: WINDOW,
        payload_limit: 1000,
        pollers: 1,
        retries: None,
        max_age: None,
        bisect: false,
    }
}

/// A machine with partitions 0 and 1, and a clock.
struct Bench {
    machine: Machine,
    at: Instant,
    unix_millis: i64,
}

impl Bench {
    fn new(rules: Rules) -> Self {
        let mut machine =
            Machine::new(rules, Envelope::new("t", &EventSource::Msk("arn".to_owned()), "b"), 1);
        machine.assign(0, 0, true);
        machine.assign(1, 0, true);
        Self { machine, at: Instant::now(), unix_millis: 1_000_000 }
    }

    fn push(&mut self, partition: i32, offset: i64) -> bool {
        self.push_sized(partition, offset, 10)
    }

    fn push_sized(&mut self, partition: i32, offset: i64, bytes: usize) -> bool {
        let record = Record::alone(Position { partition, offset }, self.unix_millis, vec![b'1'; bytes]);
        self.machine.push(record, self.at)
    }

    fn pass(&mut self, time: Duration) {
        self.at += time;
        self.unix_millis += i64::try_from(time.as_millis()).unwrap();
    }

    fn action(&mut self) -> Option<Action> {
        self.machine.next(Now { at: self.at, unix_millis: self.unix_millis })
    }

    #[track_caller]
    fn invoked(&mut self) -> Job {
        match self.action() {
            Some(Action::Invoke(job)) => job,
            other => panic!("expected an invocation, got {other:?}"),
        }
    }

    #[track_caller]
    fn given_up(&mut self) -> (Job, Condition) {
        match self.action() {
            Some(Action::GiveUp(job, condition)) => (job, condition),
            other => panic!("expected a batch to be discarded, got {other:?}"),
        }
    }

    fn finish(&mut self, job: &Job, outcome: Outcome) {
        self.machine.finish(job.batch, outcome, self.at);
    }

    /// Advances the clock past any backoff.
    fn wait(&mut self) {
        self.pass(Duration::from_secs(10));
    }
}

fn failed() -> Outcome {
    Outcome::Failed(answer())
}

fn partial(positions: &[(i32, i64)]) -> Outcome {
    let positions =
        positions.iter().map(|(partition, offset)| Position { partition: *partition, offset: *offset });
    Outcome::Partial(positions.collect(), answer())
}

fn answer() -> LastAnswer {
    LastAnswer { request_id: String::new(), status: 200, version: String::new(), function_error: None }
}

fn positions(job: &Job) -> Vec<(i32, i64)> {
    job.records.iter().map(|record| (record.position.partition, record.position.offset)).collect()
}
