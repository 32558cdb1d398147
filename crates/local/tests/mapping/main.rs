//! The event source mapping against the embedded broker, with stubs for the Invoke API and SQS.

#![allow(clippy::unwrap_used, reason = "a test may panic, its helpers too")]

mod bench;
mod destinations;

use std::collections::BTreeSet;
use std::time::Duration;

use bench::{ARN, Bench, Reply, header, positions, spec, whole_batches_of, within};
use rdkafka::message::OwnedHeaders;
use tidings_local::mapping::{Condition, MappingEvent};
use tidings_local::template::{Mapping, StartingPosition};

const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:notify-dead-letters";

#[tokio::test]
async fn the_payload_is_lambdas_byte_for_byte() {
    let mut bench = Bench::new(2, [Reply::ok()]).await;
    let headers = header("traceparent", Some(&[48, 195]), OwnedHeaders::new());
    let headers = header("empty", None, headers);
    bench.publish_raw(0, Some(b"k"), Some(b"{}"), headers).await;
    bench.publish_raw(0, None, None, OwnedHeaders::new()).await;
    bench.publish_raw(1, Some(b""), Some(b""), OwnedHeaders::new()).await;
    let mapping = bench.start(&whole_batches_of(3));
    let payload = bench.payload().await;
    let servers = bench.cluster.bootstrap_servers();
    let expected = [
        &format!(r#"{{"eventSource":"aws:kafka","eventSourceArn":"{ARN}","bootstrapServers":"{servers}","#),
        r#""records":{"transfer.made-0":["#,
        r#"{"topic":"transfer.made","partition":0,"offset":0,"timestamp":1545084650987,"#,
        r#""timestampType":"CREATE_TIME","key":"aw==","value":"e30=","#,
        r#""headers":[{"traceparent":[48,-61]},{"empty":null}]},"#,
        r#"{"topic":"transfer.made","partition":0,"offset":1,"timestamp":1545084650987,"#,
        r#""timestampType":"CREATE_TIME","headers":[]}],"transfer.made-1":["#,
        r#"{"topic":"transfer.made","partition":1,"offset":0,"timestamp":1545084650987,"#,
        r#""timestampType":"CREATE_TIME","key":"","value":"","headers":[]}]}}"#,
    ];
    assert_eq!(std::str::from_utf8(&payload).unwrap(), expected.concat());
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn only_the_listed_records_come_again() {
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
async fn answers_are_not_read_without_report_batch_item_failures() {
    let mut bench = Bench::new(1, [Reply::failures(&[(0, 0)])]).await;
    bench.publish(0, "a").await;
    let on_demand = Mapping { provisioned: None, report_batch_item_failures: false, ..spec() };
    let mapping = bench.start(&on_demand);
    assert_eq!(bench.invoked().await, [(0, 0)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn an_unknown_identifier_fails_the_whole_batch() {
    let mut bench = Bench::new(1, [Reply::failures(&[(0, 0), (0, 7)]), Reply::ok()]).await;
    bench.publish(0, "a").await;
    bench.publish(0, "b").await;
    let mapping = bench.start(&whole_batches_of(2));
    assert_eq!(bench.invoked().await, [(0, 0), (0, 1)]);
    assert_eq!(bench.invoked().await, [(0, 0), (0, 1)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn a_function_error_brings_the_whole_batch_again() {
    let mut bench = Bench::new(1, [Reply::FunctionError, Reply::FunctionError, Reply::ok()]).await;
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
async fn throttles_and_service_errors_use_no_attempt() {
    let replies = [429, 429, 500, 404].map(Reply::Status).into_iter().chain([Reply::ok()]);
    let mut bench = Bench::new(1, replies.collect::<Vec<_>>()).await;
    bench.publish(0, "a").await;
    let spec = Mapping { maximum_retry_attempts: Some(0), on_failure: Some(QUEUE.to_owned()), ..spec() };
    let mapping = bench.start(&spec);
    for _ in 0..5 {
        assert_eq!(bench.invoked().await, [(0, 0)]);
    }
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
    assert!(bench.messages.try_recv().is_err());
}

#[tokio::test]
async fn without_a_destination_an_exhausted_batch_is_dropped_and_told() {
    let mut bench = Bench::new(1, [Reply::FunctionError, Reply::ok()]).await;
    bench.publish(0, "a").await;
    bench.publish(0, "b").await;
    let mapping = bench.start(&Mapping { batch_size: 1, maximum_retry_attempts: Some(0), ..spec() });
    let dropped = bench.event(|event| matches!(event, MappingEvent::Dropped { .. })).await;
    let MappingEvent::Dropped { condition, records } = dropped else { unreachable!() };
    assert_eq!((condition, records.len()), (Condition::RetryAttemptsExhausted, 1));
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn a_restart_resumes_from_what_was_committed() {
    let mut bench = Bench::new(1, [Reply::ok(), Reply::failures(&[(0, 1)]), Reply::Hang, Reply::ok()]).await;
    bench.publish(0, "a").await;
    let mapping = bench.start(&spec());
    assert_eq!(bench.invoked().await, [(0, 0)]);
    within(mapping.settled()).await.unwrap();
    bench.publish(0, "b").await;
    assert_eq!(bench.invoked().await, [(0, 1)]);
    assert_eq!(bench.invoked().await, [(0, 1)], "its retry is under way");
    within(mapping.stop(Duration::ZERO)).await;

    // The group's commit wins over the starting position.
    let latest = Mapping { starting_position: StartingPosition::Latest, ..spec() };
    let mapping = bench.start(&latest);
    assert_eq!(bench.invoked().await, [(0, 1)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
    within(mapping.stop(Duration::from_secs(5))).await;
}

#[tokio::test]
async fn latest_starts_at_the_end() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    bench.publish(0, "before").await;
    let mapping = bench.start(&Mapping { starting_position: StartingPosition::Latest, ..spec() });
    bench.event(|event| matches!(event, MappingEvent::Assigned(_))).await;
    bench.publish(0, "after").await;
    assert_eq!(bench.invoked().await, [(0, 1)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn six_megabytes_end_a_batch_and_the_rest_waits() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    let half_a_megabyte = "x".repeat(500_000);
    for _ in 0..10 {
        bench.publish(0, &half_a_megabyte).await;
    }
    for _ in 0..9 {
        bench.publish(0, "x").await;
    }
    // The first batch ends by size, with nine in it; the other ten records are a whole batch.
    let mapping = bench.start(&whole_batches_of(10));
    for (from, to) in [(0, 9), (9, 19)] {
        let payload = bench.payload().await;
        assert!(payload.len() <= 6 * 1024 * 1024, "{} bytes", payload.len());
        assert_eq!(positions(&payload), (from..to).map(|offset| (0, offset)).collect::<Vec<_>>());
    }
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn more_records_than_the_buffer_holds_arrive_in_order() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    for number in 0..2_500 {
        bench.publish(0, &number.to_string()).await;
    }
    let mapping = bench.start(&Mapping { batch_size: 300, ..spec() });
    let mut invoked = Vec::new();
    while invoked.len() < 2_500 {
        invoked.extend(bench.invoked().await);
    }
    assert_eq!(invoked, (0..2_500).map(|offset| (0, offset)).collect::<Vec<_>>());
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn a_second_member_takes_partitions_over_without_loss() {
    let mut bench = Bench::new(4, [Reply::ok()]).await;
    let publish = async |bench: &Bench| {
        for number in 0..40 {
            bench.publish(number % 4, "x").await;
        }
    };
    publish(&bench).await;
    let first = bench.start(&spec());
    bench.event(|event| matches!(event, MappingEvent::Assigned(partitions) if partitions.len() == 4)).await;
    let second = bench.start(&spec());
    publish(&bench).await;
    bench.event(|event| matches!(event, MappingEvent::Assigned(partitions) if partitions.len() == 2)).await;
    publish(&bench).await;
    let mut invoked = BTreeSet::new();
    while invoked.len() < 120 {
        invoked.extend(bench.invoked().await);
    }
    within(first.settled()).await.unwrap();
    within(first.stop(Duration::from_secs(5))).await;
    publish(&bench).await;
    within(second.settled()).await.unwrap();
    within(second.stop(Duration::from_secs(5))).await;
}
