//! Tests of partial batch responses (`ReportBatchItemFailures`).

use serde_json::{Value, json};
use tidings_mapping::{FunctionFailure, MappingEvent};
use tidings_trigger::Mapping;

use crate::bench::{Bench, Reply, on_demand, spec, whole_batches_of, within};

#[tokio::test]
async fn only_the_listed_records_are_retried() {
    let replies = [Reply::failures(&[(0, 1), (1, 0)]), Reply::failures(&[(0, 1)]), Reply::ok()];
    let mut bench = Bench::new(2, replies).await;
    for (partition, value) in [(0, "a"), (0, "b"), (0, "c"), (1, "d")] {
        bench.publish(partition, value).await;
    }
    let mapping = bench.start(&whole_batches_of(4));
    assert_eq!(bench.invoked().await, [(0, 0), (0, 1), (0, 2), (1, 0)]);
    assert_eq!(bench.invoked().await, [(0, 1), (1, 0)]);
    assert_eq!(bench.invoked().await, [(0, 1)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn a_response_that_lists_no_records_is_a_success() {
    let bodies = [
        "",
        "null",
        "{}",
        r#"{"batchItemFailures":[]}"#,
        r#"{"batchItemFailures":null}"#,
        r#"{"statusCode":200}"#,
    ];
    let mut bench = Bench::new(1, bodies.map(|body| Reply::Body(body.to_owned()))).await;
    for body in bodies {
        bench.publish(0, body).await;
    }
    let mapping = bench.start(&whole_batches_of(1));
    for offset in 0..6 {
        assert_eq!(bench.invoked().await, [(0, offset)]);
    }
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn an_unknown_identifier_fails_the_whole_batch() {
    let mut bench = Bench::new(2, [Reply::failures(&[(0, 0), (0, 7)]), Reply::ok()]).await;
    bench.publish(0, "a").await;
    bench.publish(0, "b").await;
    let mapping = bench.start(&whole_batches_of(2));
    assert_eq!(bench.invoked().await, [(0, 0), (0, 1)]);
    assert_eq!(bench.invoked().await, [(0, 0), (0, 1)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn an_invalid_response_fails_the_whole_batch() {
    let listed = |item: Value| json!({"batchItemFailures": [{"itemIdentifier": item}]}).to_string();
    let bad = [
        r#""ok""#.to_owned(),
        "not JSON".to_owned(),
        listed(Value::Null),
        listed(json!({"partition": "", "offset": 0})),
        listed(json!({"partition": "another.topic-0", "offset": 0})),
        listed(json!("transfer.made-0@0")),
    ];
    let count = bad.len();
    // Each failure is followed by a success, so that the waits do not grow.
    let replies: Vec<Reply> = bad.into_iter().flat_map(|body| [Reply::Body(body), Reply::ok()]).collect();
    let mut bench = Bench::new(1, replies).await;
    for number in 0..2 * count {
        bench.publish(0, &number.to_string()).await;
    }
    let mapping = bench.start(&whole_batches_of(2));
    for batch in 0..i64::try_from(count).unwrap() {
        for _ in 0..2 {
            assert_eq!(bench.invoked().await, [(0, 2 * batch), (0, 2 * batch + 1)]);
        }
        let failed = bench.event(|event| matches!(event, MappingEvent::FunctionFailed { .. })).await;
        let MappingEvent::FunctionFailed { failure, .. } = failed else { unreachable!() };
        assert_eq!(failure, FunctionFailure::BadResponse);
    }
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn responses_are_ignored_without_report_batch_item_failures() {
    let mut bench = Bench::new(1, [Reply::failures(&[(0, 0)])]).await;
    bench.publish(0, "a").await;
    let mapping = bench.start(&on_demand(spec()));
    assert_eq!(bench.invoked().await, [(0, 0)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn later_records_of_a_partition_wait_for_its_listed_ones() {
    let replies = [Reply::failures(&[(0, 0)]), Reply::failures(&[(0, 0)]), Reply::ok()];
    let mut bench = Bench::new(1, replies).await;
    for value in ["a", "b", "c", "d"] {
        bench.publish(0, value).await;
    }
    let mapping = bench.start(&whole_batches_of(2));
    assert_eq!(bench.invoked().await, [(0, 0), (0, 1)]);
    assert_eq!(bench.invoked().await, [(0, 0)]);
    assert_eq!(bench.invoked().await, [(0, 0)]);
    assert_eq!(bench.invoked().await, [(0, 2), (0, 3)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn listed_records_are_not_bisected() {
    let replies = [Reply::failures(&[(0, 1), (0, 2), (0, 3)]), Reply::ok()];
    let mut bench = Bench::new(1, replies).await;
    for value in ["a", "b", "c", "d"] {
        bench.publish(0, value).await;
    }
    let mapping = bench.start(&Mapping { bisect_on_function_error: true, ..whole_batches_of(4) });
    assert_eq!(bench.invoked().await.len(), 4);
    assert_eq!(bench.invoked().await, [(0, 1), (0, 2), (0, 3)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}
