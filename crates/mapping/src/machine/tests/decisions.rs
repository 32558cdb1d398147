use std::time::Duration;

use tidings_trigger::EventSource;

use super::super::super::batch::{Action, Condition, Outcome};
use super::super::super::payload::Envelope;
use super::super::super::record::{Position, Record};
use super::super::Rules;
use super::{Bench, WINDOW, failed, partial, positions, rules};

#[test]
fn a_batch_waits_for_its_window_and_mixes_partitions() {
    let mut bench = Bench::new(rules());
    bench.push(1, 0);
    bench.pass(Duration::from_millis(100));
    bench.push(0, 0);
    assert!(bench.action().is_none());
    assert_eq!(bench.machine.wake_at(), Some(bench.at + Duration::from_millis(400)));
    bench.pass(Duration::from_millis(400));
    assert_eq!(positions(&bench.invoked()), [(0, 0), (1, 0)]);
    assert!(bench.machine.take_commits().is_empty());
}

#[test]
fn a_full_batch_does_not_wait_for_its_window() {
    let mut bench = Bench::new(rules());
    for offset in 0..5 {
        bench.push(0, offset);
    }
    let job = bench.invoked();
    assert_eq!(positions(&job), [(0, 0), (0, 1), (0, 2), (0, 3)]);
    bench.finish(&job, Outcome::Done);
    assert_eq!(bench.machine.take_commits(), [(0, 4)]);
    assert!(bench.action().is_none(), "the fifth record waits for its window");
}

#[test]
fn a_partition_has_one_batch_in_flight_and_other_partitions_continue() {
    let mut bench = Bench::new(rules());
    bench.push(0, 0);
    bench.wait();
    let first = bench.invoked();
    bench.push(0, 1);
    bench.push(1, 0);
    bench.wait();
    assert_eq!(positions(&bench.invoked()), [(1, 0)]);
    assert!(bench.action().is_none());
    assert!(bench.machine.wake_at().is_none(), "nothing to do until a batch ends");
    bench.finish(&first, Outcome::Done);
    assert_eq!(positions(&bench.invoked()), [(0, 1)]);
}

#[test]
fn concurrent_invocations_are_limited() {
    let mut bench = Bench::new(Rules { batch_size: 1, ..rules() });
    let under_way: Vec<_> = (0..8)
        .map_while(|partition| {
            bench.machine.assign(partition, 0, true);
            bench.push(partition, 0);
            bench.action()
        })
        .collect();
    assert_eq!(under_way.len(), 5, "one poller invokes five times at once");
    bench.machine.assign(6, 0, true);
    bench.push(6, 0);
    assert!(bench.action().is_none());
    assert!(bench.machine.wake_at().is_none());
    let Some(Action::Invoke(first)) = under_way.into_iter().next() else { panic!("an invocation") };
    bench.finish(&first, Outcome::Done);
    assert_eq!(positions(&bench.invoked()), [(5, 0)]);
    assert!(bench.action().is_none());
    bench.machine.set_pollers(2);
    assert_eq!(positions(&bench.invoked()), [(6, 0)]);
}

#[test]
fn a_record_that_is_filtered_out_is_committed_with_those_before_it() {
    let mut bench = Bench::new(Rules { batch_size: 2, ..rules() });
    let skip = |bench: &mut Bench, offset| bench.machine.skip(Position { partition: 0, offset });
    skip(&mut bench, 0);
    assert_eq!(bench.machine.take_commits(), [(0, 1)], "nothing is before it");
    bench.push(0, 1);
    skip(&mut bench, 2);
    skip(&mut bench, 3);
    bench.push(0, 4);
    let job = bench.invoked();
    assert_eq!(positions(&job), [(0, 1), (0, 4)]);
    skip(&mut bench, 5);
    assert_eq!(bench.machine.take_commits(), []);
    bench.finish(&job, partial(&[(0, 4)]));
    assert_eq!(bench.machine.take_commits(), [(0, 4)]);
    bench.wait();
    let job = bench.invoked();
    bench.finish(&job, Outcome::Done);
    assert_eq!(bench.machine.take_commits(), [(0, 6)]);
}

#[test]
fn records_that_do_not_fit_wait_for_the_next_batch() {
    let mut bench = Bench::new(rules());
    for offset in 0..3 {
        bench.push_sized(0, offset, 400);
    }
    let job = bench.invoked();
    assert_eq!(positions(&job), [(0, 0), (0, 1)]);
    bench.finish(&job, Outcome::Done);
    bench.wait();
    assert_eq!(positions(&bench.invoked()), [(0, 2)]);
}

#[test]
fn the_payload_limit_is_exact() {
    let envelope = Envelope::new("t", &EventSource::Msk("arn".to_owned()), "b");
    let record = |bytes| Record::alone(Position { partition: 0, offset: 0 }, 0, vec![b'1'; bytes]);
    let largest = 1000 - envelope.size(&[record(0)]);
    let mut bench = Bench::new(rules());
    bench.push_sized(0, 0, largest);
    bench.push_sized(1, 0, largest + 1);
    let (job, condition) = bench.given_up();
    assert_eq!((positions(&job), condition), (vec![(1, 0)], Condition::MaximumPayloadSizeExceeded));
    bench.wait();
    assert_eq!(positions(&bench.invoked()), [(0, 0)]);
    bench.finish(&job, Outcome::GivenUp);
    assert_eq!(bench.machine.take_commits(), [(1, 1)]);
}

#[test]
fn only_listed_records_are_retried_and_other_partitions_continue() {
    let mut bench = Bench::new(rules());
    for (partition, offset) in [(0, 0), (0, 1), (0, 2), (1, 0)] {
        bench.push(partition, offset);
    }
    let job = bench.invoked();
    bench.finish(&job, partial(&[(0, 1)]));
    assert_eq!(bench.machine.take_commits(), [(0, 1), (1, 1)]);
    bench.push(0, 3);
    bench.push(1, 1);
    assert!(bench.action().is_none());
    bench.pass(WINDOW);
    let retry = bench.invoked();
    assert_eq!(positions(&retry), [(0, 1)]);
    assert_eq!(positions(&bench.invoked()), [(1, 1)]);
    assert!(bench.action().is_none(), "partition 0 is blocked until its failure is settled");
    bench.finish(&retry, Outcome::Done);
    assert_eq!(bench.machine.take_commits(), [(0, 3)]);
    assert_eq!(positions(&bench.invoked()), [(0, 3)]);
}

#[test]
fn a_failed_batch_is_retried_as_often_as_allowed() {
    let mut bench = Bench::new(Rules { retries: Some(2), ..rules() });
    bench.push(0, 0);
    bench.push(0, 1);
    for _ in 0..3 {
        bench.wait();
        let job = bench.invoked();
        assert_eq!(positions(&job), [(0, 0), (0, 1)]);
        bench.finish(&job, failed());
    }
    let (job, condition) = bench.given_up();
    assert_eq!((job.failures, condition), (3, Condition::RetryAttemptsExhausted));
    bench.finish(&job, Outcome::NotDelivered);
    assert!(bench.machine.take_commits().is_empty(), "not before it is in the destination");
    bench.wait();
    let (job, _) = bench.given_up();
    assert_eq!((job.failures, job.deliveries), (3, 1));
    bench.finish(&job, Outcome::GivenUp);
    assert_eq!(bench.machine.take_commits(), [(0, 2)]);
}

#[test]
fn an_invocation_that_did_not_run_uses_no_attempt() {
    let mut bench = Bench::new(Rules { retries: Some(0), ..rules() });
    bench.push(0, 0);
    for _ in 0..20 {
        bench.wait();
        let job = bench.invoked();
        bench.finish(&job, Outcome::NotRun);
        assert!(bench.action().is_none(), "it waits");
    }
    bench.wait();
    let job = bench.invoked();
    assert_eq!(job.failures, 0);
    bench.finish(&job, failed());
    bench.given_up();
}

#[test]
fn bisecting_isolates_one_bad_record_without_using_attempts() {
    let mut bench = Bench::new(Rules { bisect: true, retries: Some(1), ..rules() });
    for offset in 0..4 {
        bench.push(0, offset);
    }
    let mut invoked = Vec::new();
    let condition = loop {
        bench.wait();
        match bench.action() {
            Some(Action::Invoke(job)) => {
                invoked.push(positions(&job).iter().map(|(_, offset)| *offset).collect::<Vec<_>>());
                let bad = positions(&job).contains(&(0, 2));
                bench.finish(&job, if bad { failed() } else { Outcome::Done });
            }
            Some(Action::GiveUp(job, condition)) => {
                assert_eq!(positions(&job), [(0, 2)]);
                bench.finish(&job, Outcome::GivenUp);
                break condition;
            }
            None => panic!("stalled after {invoked:?}"),
        }
    };
    assert_eq!(condition, Condition::RetryAttemptsExhausted);
    assert_eq!(invoked, [vec![0, 1, 2, 3], vec![0, 1], vec![2, 3], vec![2], vec![2]]);
    bench.wait();
    assert_eq!(positions(&bench.invoked()), [(0, 3)]);
}

#[test]
fn a_payload_rejected_as_too_large_is_halved() {
    let mut bench = Bench::new(rules());
    bench.push(0, 0);
    bench.push(0, 1);
    bench.wait();
    let job = bench.invoked();
    bench.finish(&job, Outcome::TooLarge);
    let job = bench.invoked();
    assert_eq!(positions(&job), [(0, 0)]);
    bench.finish(&job, Outcome::TooLarge);
    assert_eq!(bench.given_up().1, Condition::MaximumPayloadSizeExceeded);
}

#[test]
fn records_that_are_too_old_are_discarded_before_they_are_sent() {
    let mut bench = Bench::new(Rules { max_age: Some(Duration::from_mins(1)), ..rules() });
    bench.push(0, 0);
    bench.pass(Duration::from_secs(61));
    bench.push(0, 1);
    let (job, condition) = bench.given_up();
    assert_eq!((positions(&job), condition), (vec![(0, 0)], Condition::RecordAgeExceeded));
    assert!(bench.action().is_none(), "order is kept");
    bench.finish(&job, Outcome::GivenUp);
    let job = bench.invoked();
    assert_eq!(positions(&job), [(0, 1)]);
    bench.finish(&job, failed());
    bench.pass(Duration::from_secs(61));
    assert_eq!(bench.given_up().1, Condition::RecordAgeExceeded);
}

#[test]
fn a_record_without_timestamp_never_expires() {
    let mut bench = Bench::new(Rules { max_age: Some(Duration::from_mins(1)), ..rules() });
    let position = Position { partition: 0, offset: 0 };
    bench.machine.push(Record::alone(position, -1, "{}"), bench.at);
    bench.wait();
    bench.invoked();
}

#[test]
fn a_full_buffer_pauses_its_partition_until_there_is_room() {
    let mut bench = Bench::new(Rules { batch_size: 1_000, payload_limit: 1_000_000, ..rules() });
    let paused: Vec<bool> = (0..2_001).map(|offset| bench.push(0, offset)).collect();
    assert_eq!(paused.iter().position(|pause| *pause), Some(1_999));
    assert_eq!(paused.iter().filter(|pause| **pause).count(), 1);
    for expected in [vec![], vec![0]] {
        let job = bench.invoked();
        bench.finish(&job, Outcome::Done);
        assert_eq!(bench.machine.take_resumable(), expected);
    }
    assert!(bench.machine.take_resumable().is_empty());
}

#[test]
fn small_batches_do_not_pause_a_partition_early() {
    let mut bench = Bench::new(Rules { batch_size: 1, payload_limit: 1_000_000, ..rules() });
    assert!((0..1_999).all(|offset| !bench.push(0, offset)));
    assert!(bench.push(0, 1_999));
}

#[test]
fn a_revoked_partition_is_neither_retried_nor_committed() {
    let mut bench = Bench::new(rules());
    for (partition, offset) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        bench.push(partition, offset);
    }
    let job = bench.invoked();
    assert_eq!(bench.machine.revoke(0), None);
    bench.finish(&job, failed());
    bench.wait();
    let retry = bench.invoked();
    assert_eq!(positions(&retry), [(1, 0), (1, 1)]);
    bench.finish(&retry, Outcome::Done);
    assert_eq!(bench.machine.take_commits(), [(1, 2)]);
    assert!(!bench.push(0, 2), "ignored, because it is not owned");
    bench.wait();
    assert!(bench.action().is_none());
}

#[test]
fn revoke_returns_the_offset_to_commit() {
    let mut bench = Bench::new(rules());
    bench.push(0, 0);
    bench.wait();
    let job = bench.invoked();
    bench.finish(&job, Outcome::Done);
    assert_eq!(bench.machine.revoke(0), Some(1));
}

#[test]
fn a_reassigned_partition_waits_for_its_earlier_batch() {
    let mut bench = Bench::new(rules());
    bench.push(0, 0);
    bench.wait();
    let job = bench.invoked();
    bench.machine.revoke(0);
    bench.machine.assign(0, 0, true);
    bench.push(0, 0);
    bench.wait();
    assert!(bench.action().is_none());
    bench.finish(&job, Outcome::Done);
    assert!(bench.machine.take_commits().is_empty(), "the earlier response settles nothing");
    assert_eq!(positions(&bench.invoked()), [(0, 0)]);
}

#[test]
fn a_start_offset_that_is_not_committed_is_committed_at_once() {
    let mut bench = Bench::new(rules());
    bench.machine.assign(2, 7, false);
    assert_eq!(bench.machine.take_commits(), [(2, 7)]);
    assert!(bench.machine.take_commits().is_empty());
    bench.machine.commit_failed(&[2]);
    assert_eq!(bench.machine.take_commits(), [(2, 7)]);
}

#[test]
fn no_action_starts_after_stop() {
    let mut bench = Bench::new(rules());
    bench.push(0, 0);
    bench.push(1, 0);
    bench.wait();
    let job = bench.invoked();
    bench.push(0, 1);
    bench.machine.stop();
    bench.finish(&job, partial(&[(0, 0)]));
    bench.wait();
    assert!(bench.action().is_none());
    assert_eq!(bench.machine.last_commits(), [(0, 0), (1, 1)]);
}
