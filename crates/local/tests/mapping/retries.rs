//! Retries of failed batches.

use std::time::Duration;

use jiff::Timestamp;
use rdkafka::message::OwnedHeaders;
use tidings_mapping::{Condition, FunctionFailure, MappingEvent};
use tidings_trigger::Mapping;

use crate::bench::{Bench, QUEUE, Reply, on_demand, spec, whole_batches_of, within};

async fn dropped(bench: &mut Bench) -> (Condition, Vec<i64>) {
    let event = bench.event(|event| matches!(event, MappingEvent::Dropped { .. })).await;
    let MappingEvent::Dropped { condition, records } = event else { unreachable!() };
    (condition, records.iter().map(|record| record.offset).collect())
}

#[tokio::test]
async fn an_on_demand_mapping_retries_the_whole_batch_until_it_succeeds() {
    let replies = [Reply::error(), Reply::error(), Reply::error(), Reply::error(), Reply::ok()];
    let mut bench = Bench::new(2, replies).await;
    bench.publish(0, "a").await;
    bench.publish(0, "b").await;
    bench.publish(1, "c").await;
    let mapping = bench.start(&on_demand(whole_batches_of(3)));
    for _ in 0..5 {
        assert_eq!(bench.invoked().await, [(0, 0), (0, 1), (1, 0)]);
    }
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn a_failed_batch_is_retried_whole() {
    let mut bench = Bench::new(1, [Reply::error(), Reply::error(), Reply::ok()]).await;
    bench.publish(0, "a").await;
    bench.publish(0, "b").await;
    let mapping = bench.start(&whole_batches_of(2));
    for _ in 0..3 {
        assert_eq!(bench.invoked().await, [(0, 0), (0, 1)]);
    }
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn function_failures_are_distinguished() {
    let kinds = [
        ("Oops", FunctionFailure::Error),
        ("Sandbox.Timedout", FunctionFailure::Timeout),
        ("Runtime.ExitError", FunctionFailure::Crash),
        ("Function.ResponseSizeTooLarge", FunctionFailure::ResponseTooLarge),
    ];
    let mut replies: Vec<Reply> = kinds.iter().map(|(kind, _)| Reply::Error(kind)).collect();
    replies.push(Reply::ok());
    let mut bench = Bench::new(1, replies).await;
    bench.publish(0, "a").await;
    let mapping = bench.start(&spec());
    for (_, expected) in kinds {
        let event = bench.event(|event| matches!(event, MappingEvent::FunctionFailed { .. })).await;
        let MappingEvent::FunctionFailed { failure, .. } = event else { unreachable!() };
        assert_eq!(failure, expected);
    }
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn waits_between_attempts_grow() {
    let replies = [Reply::error(), Reply::error(), Reply::error(), Reply::error(), Reply::ok()];
    let mut bench = Bench::new(1, replies).await;
    bench.publish(0, "a").await;
    let mapping = bench.start(&spec());
    for tries in 0..4 {
        let (failed, _) = bench.event_at(|event| matches!(event, MappingEvent::Retrying { .. })).await;
        let (again, _) = bench.event_at(|event| matches!(event, MappingEvent::Invoked { .. })).await;
        // The wait doubles, and at least half of it passes. There is no upper bound, because machines can be slow.
        let least = Duration::from_millis(100 << tries);
        // The wait began just before the event was reported.
        let waited = again - failed + Duration::from_millis(20);
        assert!(waited >= least, "try {tries} waited {waited:?}, not {least:?}");
    }
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn throttles_and_service_errors_use_no_attempt() {
    let replies = [429, 429, 500, 404].map(Reply::Status).into_iter().chain([Reply::ok()]);
    let mut bench = Bench::new(1, replies.collect::<Vec<_>>()).await;
    bench.publish(0, "a").await;
    let spec = Mapping { maximum_retry_attempts: Some(0), on_failure: Some(QUEUE.to_owned()), ..spec() };
    let mapping = bench.start(&spec);
    for _ in 0..5 {
        assert_eq!(bench.invoked().await, [(0, 0)]);
    }
    bench.event(|event| matches!(event, MappingEvent::Throttled { .. })).await;
    bench.event(|event| matches!(event, MappingEvent::NotInvoked { .. })).await;
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
    assert!(bench.messages.try_recv().is_err());
}

#[tokio::test]
async fn an_unreachable_invoke_api_uses_no_attempt() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    bench.publish(0, "a").await;
    let (endpoint, serve) = bench.endpoint_to_come();
    let mapping =
        bench.start_with(&Mapping { maximum_retry_attempts: Some(0), ..spec() }, &endpoint, &endpoint);
    for _ in 0..2 {
        bench.event(|event| matches!(event, MappingEvent::NotInvoked { .. })).await;
    }
    bench.no_more_invocations();
    serve();
    assert_eq!(bench.invoked().await, [(0, 0)]);
    bench.event(|event| matches!(event, MappingEvent::Succeeded { .. })).await;
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn maximum_retry_attempts_does_not_count_the_first_attempt() {
    let errors = vec![Reply::error(); 3];
    let mut bench = Bench::new(1, [errors, vec![Reply::ok()]].concat()).await;
    bench.publish(0, "a").await;
    bench.publish(0, "b").await;
    let mapping = bench.start(&Mapping { maximum_retry_attempts: Some(2), ..whole_batches_of(1) });
    for _ in 0..3 {
        assert_eq!(bench.invoked().await, [(0, 0)]);
    }
    assert_eq!(dropped(&mut bench).await, (Condition::RetryAttemptsExhausted, vec![0]));
    assert_eq!(bench.invoked().await, [(0, 1)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn an_exhausted_batch_without_a_destination_is_dropped_and_reported() {
    let mut bench = Bench::new(1, [Reply::error(), Reply::ok()]).await;
    bench.publish(0, "a").await;
    bench.publish(0, "b").await;
    let mapping = bench.start(&Mapping { batch_size: 1, maximum_retry_attempts: Some(0), ..spec() });
    assert_eq!(dropped(&mut bench).await, (Condition::RetryAttemptsExhausted, vec![0]));
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn records_older_than_the_maximum_age_are_not_sent() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    let now = Timestamp::now().as_millisecond();
    for timestamp in [now - 3_600_000, now, now - 3_600_000, now] {
        bench.publish_at(timestamp, 0, None, Some(b"a"), OwnedHeaders::new()).await;
    }
    let max_age = Some(Duration::from_mins(30));
    let mapping = bench.start(&Mapping { maximum_record_age: max_age, ..whole_batches_of(4) });
    assert_eq!(dropped(&mut bench).await, (Condition::RecordAgeExceeded, vec![0, 2]));
    assert_eq!(bench.invoked().await, [(0, 1), (0, 3)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn bisecting_isolates_a_bad_record_without_using_attempts() {
    let mut bench = Bench::new(1, [Reply::Poison(0, 2)]).await;
    for value in ["a", "b", "poison", "d"] {
        bench.publish(0, value).await;
    }
    let mapping = bench.start(&Mapping {
        bisect_on_function_error: true,
        maximum_retry_attempts: Some(1),
        ..whole_batches_of(4)
    });
    let attempts: [&[i64]; 6] = [&[0, 1, 2, 3], &[0, 1], &[2, 3], &[2], &[2], &[3]];
    for offsets in attempts {
        assert_eq!(bench.invoked().await, offsets.iter().map(|offset| (0, *offset)).collect::<Vec<_>>());
    }
    assert_eq!(dropped(&mut bench).await, (Condition::RetryAttemptsExhausted, vec![2]));
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}
