//! The size and window of batches.

use std::time::Duration;

use tidings_mapping::{Condition, MappingEvent};
use tidings_trigger::Mapping;

use crate::bench::{Bench, Reply, spec, whole_batches_of, within};

#[tokio::test]
async fn a_batch_is_sent_as_soon_as_it_has_batch_size_records() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    for number in 0..9 {
        bench.publish(0, &number.to_string()).await;
    }
    let mapping = bench.start(&whole_batches_of(3));
    for batch in 0..3 {
        assert_eq!(bench.invoked().await, [(0, 3 * batch), (0, 3 * batch + 1), (0, 3 * batch + 2)]);
    }
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn a_partial_batch_is_sent_when_its_window_ends() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    bench.publish(0, "a").await;
    let window = Duration::from_secs(1);
    let mapping = bench.start(&Mapping { batching_window: window, ..spec() });
    let (read, _) = bench.event_at(|event| matches!(event, MappingEvent::Polled(_))).await;
    let (invoked, _) = bench.event_at(|event| matches!(event, MappingEvent::Invoked { .. })).await;
    assert!(invoked - read >= window, "it was sent after {:?}", invoked - read);
    assert_eq!(bench.invoked().await, [(0, 0)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn a_window_gathers_the_records_that_arrive_within_it() {
    let mut bench = Bench::new(2, [Reply::ok()]).await;
    bench.publish(0, "a").await;
    let mapping = bench.start(&whole_batches_of(3));
    bench.polled(1).await;
    bench.publish(1, "b").await;
    bench.polled(1).await;
    bench.publish(0, "c").await;
    assert_eq!(bench.invoked().await, [(0, 0), (0, 1), (1, 0)]);
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
    // The first batch ends with nine records, because of its size. The other ten records are a full batch.
    let mapping = bench.start(&whole_batches_of(10));
    for (from, to) in [(0, 9), (9, 19)] {
        let payload = bench.payload().await;
        assert!(payload.len() <= 6 * 1024 * 1024, "{} bytes", payload.len());
        assert_eq!(bench.positions(&payload), (from..to).map(|offset| (0, offset)).collect::<Vec<_>>());
    }
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn a_record_too_large_for_a_payload_is_dropped_without_a_destination() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    bench.publish(0, &"x".repeat(4_800_000)).await;
    bench.publish(0, "small").await;
    let mapping = bench.start(&spec());
    let dropped = bench.event(|event| matches!(event, MappingEvent::Dropped { .. })).await;
    let MappingEvent::Dropped { condition, records } = dropped else { unreachable!() };
    assert_eq!((condition, records.len()), (Condition::MaximumPayloadSizeExceeded, 1));
    assert_eq!(bench.invoked().await, [(0, 1)]);
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn a_payload_that_the_endpoint_rejects_as_too_large_is_halved() {
    let mut bench = Bench::new(1, [Reply::Status(413), Reply::ok(), Reply::Status(413)]).await;
    bench.publish(0, "a").await;
    bench.publish(0, "b").await;
    let mapping = bench.start(&whole_batches_of(2));
    assert_eq!(bench.invoked().await, [(0, 0), (0, 1)]);
    assert_eq!(bench.invoked().await, [(0, 0)]);
    assert_eq!(bench.invoked().await, [(0, 1)]);
    let dropped = bench.event(|event| matches!(event, MappingEvent::Dropped { .. })).await;
    let MappingEvent::Dropped { condition, records } = dropped else { unreachable!() };
    assert_eq!((condition, records[0].offset), (Condition::MaximumPayloadSizeExceeded, 1));
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn more_records_than_the_buffer_holds_arrive_in_order() {
    const RECORDS: i64 = 4000;
    let mut bench = Bench::new(1, [Reply::Held, Reply::ok()]).await;
    bench.publish_many(0, RECORDS).await;
    let mapping = bench.start(&Mapping { batch_size: 500, ..spec() });
    let mut invoked = bench.invoked().await;
    let read = within(bench.read_ahead(2000)).await;
    assert!(read < 3500, "{read} records were read while the first batch was under way");
    bench.release(1);
    while invoked.len() < 4000 {
        invoked.extend(bench.invoked().await);
    }
    assert_eq!(invoked, (0..RECORDS).map(|offset| (0, offset)).collect::<Vec<_>>());
    within(mapping.settled()).await.unwrap();
}
