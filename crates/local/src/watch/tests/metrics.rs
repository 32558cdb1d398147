//! What each metric counts, as AWS's documentation defines it (see `watch::metrics`).

use std::time::Duration;

use tidings_mapping::{Condition, FunctionFailure, MappingEvent, Position};

use super::super::metrics::{Counts, Lag, Metrics};
use super::{invoked, lag, polled, records, succeeded};

fn after(events: impl IntoIterator<Item = MappingEvent>) -> Metrics {
    let mut metrics = Metrics::new(1);
    for event in events {
        metrics.note(&event);
    }
    metrics
}

fn failed(batch: u64, records: Vec<Position>, failure: FunctionFailure) -> MappingEvent {
    MappingEvent::FunctionFailed { batch, records, request_id: "r-2".to_owned(), failure }
}

#[test]
fn every_retry_counts_as_invoked_and_failed_again() {
    let batch = || records(0, 0..3);
    let events = [
        invoked(1, batch()),
        failed(1, batch(), FunctionFailure::Error),
        MappingEvent::Retrying { batch: 1, records: batch() },
        invoked(1, batch()),
        succeeded(1, batch()),
    ];
    let metrics = after(polled(batch()).chain(events));
    let expected = Counts {
        polled: 3,
        invoked: 6,
        failed_invoke: 3,
        invoke_errors: 1,
        failed: 3,
        done: 3,
        ..Counts::default()
    };
    assert_eq!(metrics.counts, expected);
}

#[test]
fn only_the_listed_records_of_a_partial_response_count_as_failed() {
    let listed = records(0, 2..3);
    let metrics = after([
        invoked(1, records(0, 0..5)),
        succeeded(1, [records(0, 0..2), records(0, 3..5)].concat()),
        failed(1, listed.clone(), FunctionFailure::Listed),
        MappingEvent::Retrying { batch: 1, records: listed.clone() },
    ]);
    let expected =
        Counts { invoked: 5, failed_invoke: 1, invoke_errors: 1, failed: 1, done: 4, ..Counts::default() };
    assert_eq!(metrics.counts, expected);
    assert_eq!(metrics.to_retry, listed.into_iter().collect());
    assert!(metrics.in_flight.is_empty());
}

#[test]
fn throttled_and_rejected_invocations_count_their_batches_records() {
    let metrics = after([
        invoked(1, records(0, 0..4)),
        MappingEvent::Throttled { batch: 1 },
        invoked(2, records(1, 0..2)),
        MappingEvent::NotInvoked { batch: 2, reason: "HTTP status 404".to_owned() },
    ]);
    let expected = Counts {
        invoked: 6,
        failed_invoke: 6,
        invoke_errors: 2,
        failed: 2,
        throttled: 1,
        ..Counts::default()
    };
    assert_eq!(metrics.counts, expected);
}

#[test]
fn delivered_records_do_not_count_as_dropped() {
    let condition = Condition::RetryAttemptsExhausted;
    let metrics = after([
        MappingEvent::DeliveryFailed { records: records(0, 0..2), reason: "refused".to_owned() },
        MappingEvent::Delivered { condition, records: records(0, 0..2) },
        MappingEvent::Dropped { condition: Condition::RecordAgeExceeded, records: records(1, 0..3) },
    ]);
    let expected = Counts { delivery_errors: 1, delivered: 2, dropped: 3, ..Counts::default() };
    assert_eq!(metrics.counts, expected);
}

#[test]
fn filtered_records_are_polled_but_never_invoked() {
    let filtered = records(0, 6..8);
    let metrics = after([MappingEvent::Polled(filtered.clone()), MappingEvent::FilteredOut(filtered)]);
    assert_eq!(metrics.counts, Counts { polled: 2, filtered_out: 2, ..Counts::default() });
    assert_eq!(metrics.partitions[&0].processed, Some(7));
}

#[test]
fn committed_is_the_sum_of_the_increases_of_offsets() {
    let commit = |partition, offset| MappingEvent::Committed { partition, offset };
    let start = polled([records(0, 100..103), records(1, 5..6)].concat());
    let events = [commit(0, 100), commit(0, 102), commit(1, 6), commit(0, 103)];
    assert_eq!(after(start.chain(events)).counts.committed, 3 + 1);
}

#[test]
fn a_reassigned_partition_counts_from_where_it_is_read() {
    let commit = |offset| MappingEvent::Committed { partition: 0, offset };
    let events = polled(records(0, 0..10))
        .chain([commit(10), MappingEvent::Assigned(vec![0])])
        // Another member of the group processed 10 to 49 meanwhile. The late commit must not change anything.
        .chain(polled(records(0, 50..52)))
        .chain([commit(10), commit(52)]);
    assert_eq!(after(events).counts.committed, 10 + 2);
}

#[test]
fn errors_are_counted_once_each() {
    let metrics = after([
        MappingEvent::KafkaFailed { reason: "broker down".to_owned() },
        MappingEvent::CommitFailed { reason: "rebalance".to_owned() },
        MappingEvent::CommitFailed { reason: "rebalance".to_owned() },
    ]);
    assert_eq!(metrics.counts, Counts { polling_errors: 1, commit_errors: 2, ..Counts::default() });
}

#[test]
fn lag_is_the_maximum_and_the_sum_of_all_partitions() {
    assert_eq!(after([]).lag, None);
    assert_eq!(after([MappingEvent::Lag(Vec::new())]).lag, None, "before the group gave it partitions");
    assert_eq!(after([lag([(0, 9), (1, 4)]), lag([(0, 1), (1, 3)])]).lag, Some(Lag { max: 3, sum: 4 }));
}

#[test]
fn pollers_run_from_start_to_stop() {
    let mut metrics = Metrics::new(2);
    let mut pollers_after = |event| {
        metrics.note(&event);
        metrics.pollers
    };
    assert_eq!(pollers_after(MappingEvent::Started), 2);
    assert_eq!(pollers_after(MappingEvent::Scaled { pollers: 5 }), 5);
    assert_eq!(pollers_after(MappingEvent::Stopped { waited: Duration::ZERO }), 0);
}

#[test]
fn records_wait_for_a_retry_until_they_are_sent_discarded_or_revoked() {
    let retrying = || {
        let all = records(0, 0..6);
        vec![invoked(1, all.clone()), MappingEvent::Retrying { batch: 1, records: all }]
    };
    let waiting = |event| after(retrying().into_iter().chain([event])).to_retry.len();
    // The first half of a bisected batch.
    assert_eq!(waiting(invoked(2, records(0, 0..3))), 3);
    let condition = Condition::RecordAgeExceeded;
    assert_eq!(waiting(MappingEvent::Dropped { condition, records: records(0, 0..2) }), 4);
    assert_eq!(waiting(MappingEvent::Delivered { condition, records: records(0, 0..1) }), 5);
    assert_eq!(waiting(MappingEvent::Assigned(vec![1])), 0);
    assert_eq!(waiting(MappingEvent::Stopped { waited: Duration::ZERO }), 0);
}

#[test]
fn batches_are_in_flight_until_their_invocation_ends() {
    let records = || records(0, 0..1);
    let in_flight = |answer| after([invoked(1, records()), invoked(2, records()), answer]).in_flight.len();
    assert_eq!(in_flight(MappingEvent::Started), 2);
    assert_eq!(in_flight(succeeded(1, records())), 1);
    assert_eq!(in_flight(failed(1, records(), FunctionFailure::Crash)), 1);
    assert_eq!(in_flight(MappingEvent::Throttled { batch: 1 }), 1);
    assert_eq!(in_flight(MappingEvent::NotInvoked { batch: 1, reason: String::new() }), 1);
    assert_eq!(in_flight(MappingEvent::Stopped { waited: Duration::ZERO }), 0);
}
