//! Tests of filters: records that no filter accepts are committed without being sent.

use tidings_mapping::MappingEvent;
use tidings_trigger::Mapping;
use tidings_trigger::filter::Pattern;

use crate::bench::{Bench, Reply, spec, whole_batches_of, within};

fn filtered(patterns: &[&str], spec: Mapping) -> Mapping {
    let filters = patterns.iter().map(|pattern| Pattern::parse(pattern).unwrap()).collect();
    Mapping { filters, ..spec }
}

#[tokio::test]
async fn only_records_that_a_filter_accepts_are_sent() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    for value in [r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":3}"#, "no JSON", r#"{"b":1}"#] {
        bench.publish(0, value).await;
    }
    let patterns = [r#"{"value":{"a":[1]}}"#, r#"{"value":{"a":[{"numeric":[">",2]}]}}"#];
    let mapping = bench.start(&filtered(&patterns, whole_batches_of(3)));
    assert_eq!(bench.invoked().await, [(0, 0), (0, 2), (0, 3)], "records that are not JSON are not filtered");
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn a_filter_by_metadata_sends_what_it_accepts() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    for value in [r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":1}"#] {
        bench.publish(0, value).await;
    }
    let mapping = bench.start(&filtered(&[r#"{"offset":[1,2],"value":{"a":[1]}}"#], whole_batches_of(1)));
    assert_eq!(bench.invoked().await, [(0, 2)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn a_topic_without_accepted_records_is_committed_to_its_end() {
    let mut bench = Bench::new(2, [Reply::ok()]).await;
    for number in 0..20 {
        bench.publish(number % 2, r#"{"a":1}"#).await;
    }
    let mapping = bench.start(&filtered(&[r#"{"value":{"a":[2]}}"#], spec()));
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
    let mut filtered_out = 0;
    while filtered_out < 20 {
        let event = bench.event(|event| matches!(event, MappingEvent::FilteredOut(_))).await;
        filtered_out += if let MappingEvent::FilteredOut(records) = event { records.len() } else { 0 };
    }
}

#[tokio::test]
async fn a_filtered_record_is_not_committed_before_a_failed_one_in_front_of_it() {
    let mut bench = Bench::new(1, [Reply::error(), Reply::Held]).await;
    bench.publish(0, r#"{"a":2}"#).await;
    bench.publish(0, r#"{"a":1}"#).await;
    let spec = filtered(&[r#"{"value":{"a":[2]}}"#], spec());
    let mapping = bench.start(&spec);
    for _ in 0..2 {
        assert_eq!(bench.invoked().await, [(0, 0)]);
    }
    assert_eq!(mapping.lag().await.unwrap()[0].lag, 2);
    bench.release(1);
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn the_lag_is_reported_until_it_is_gone() {
    let mut bench = Bench::new(1, [Reply::Held]).await;
    for value in ["a", "b", "c"] {
        bench.publish(0, value).await;
    }
    let mapping = bench.start(&spec());
    let told = |lag: u64| move |event: &MappingEvent| matches!(event, MappingEvent::Lag(lags) if lags.iter().any(|of| of.lag == lag));
    bench.event(told(3)).await;
    bench.release(3);
    bench.event(told(0)).await;
    within(mapping.settled()).await.unwrap();
}
