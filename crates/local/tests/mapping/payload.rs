//! The payload, byte for byte.

use std::collections::BTreeSet;

use rdkafka::message::OwnedHeaders;
use serde_json::{Value, json};
use tidings_trigger::{EventSource, Mapping};

use crate::bench::{ARN, Bench, Reply, header, whole_batches_of, within};

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
    let (topic, servers) = (&bench.topic, &bench.servers);
    let expected = [
        &format!(r#"{{"eventSource":"aws:kafka","eventSourceArn":"{ARN}","bootstrapServers":"{servers}","#),
        &format!(r#""records":{{"{topic}-0":["#),
        &format!(r#"{{"topic":"{topic}","partition":0,"offset":0,"timestamp":1545084650987,"#),
        r#""timestampType":"CREATE_TIME","key":"aw==","value":"e30=","#,
        r#""headers":[{"traceparent":[48,-61]},{"empty":null}]},"#,
        &format!(r#"{{"topic":"{topic}","partition":0,"offset":1,"timestamp":1545084650987,"#),
        &format!(r#""timestampType":"CREATE_TIME","headers":[]}}],"{topic}-1":["#),
        &format!(r#"{{"topic":"{topic}","partition":1,"offset":0,"timestamp":1545084650987,"#),
        r#""timestampType":"CREATE_TIME","key":"","value":"","headers":[]}]}}"#,
    ];
    assert_eq!(std::str::from_utf8(&payload).unwrap(), expected.concat());
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}

#[tokio::test]
async fn a_self_managed_cluster_has_another_name_and_no_arn() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    bench.publish(0, "a").await;
    // The payload names the brokers that are really used, because those of the template are unreachable here.
    let source = EventSource::SelfManagedKafka(vec!["broker.example.com:9092".to_owned()]);
    let mapping = bench.start(&Mapping { source, ..whole_batches_of(1) });
    let payload: Value = serde_json::from_slice(&bench.payload().await).unwrap();
    let names: BTreeSet<&str> = payload.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["bootstrapServers", "eventSource", "records"]));
    assert_eq!(payload["eventSource"], "SelfManagedKafka");
    assert_eq!(payload["bootstrapServers"], bench.servers);
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn header_bytes_are_signed_and_names_repeat() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    let every_byte: Vec<u8> = (0..=255).collect();
    let headers = header("bytes", Some(&every_byte), OwnedHeaders::new());
    let headers = header("bytes", Some(b""), headers);
    bench.publish_raw(0, None, Some(b"{}"), headers).await;
    let mapping = bench.start(&whole_batches_of(1));
    let payload: Value = serde_json::from_slice(&bench.payload().await).unwrap();
    let signed: Vec<i8> = every_byte.iter().map(|byte| byte.cast_signed()).collect();
    let record = &payload["records"][format!("{}-0", bench.topic)][0];
    assert_eq!(record["headers"], json!([{ "bytes": signed }, { "bytes": [] }]));
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn a_tombstone_keeps_its_key() {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    bench.publish_raw(0, Some(b"k"), None, OwnedHeaders::new()).await;
    let mapping = bench.start(&whole_batches_of(1));
    let payload: Value = serde_json::from_slice(&bench.payload().await).unwrap();
    let record = &payload["records"][format!("{}-0", bench.topic)][0];
    assert_eq!(record["key"], "aw==");
    assert!(record.get("value").is_none());
    within(mapping.settled()).await.unwrap();
}

#[tokio::test]
async fn one_payload_holds_several_partitions_each_in_order() {
    let mut bench = Bench::new(3, [Reply::ok()]).await;
    for partition in [2, 0, 1, 2, 0, 2] {
        bench.publish(partition, "x").await;
    }
    let mapping = bench.start(&whole_batches_of(6));
    assert_eq!(bench.invoked().await, [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1), (2, 2)]);
    within(mapping.settled()).await.unwrap();
    bench.no_more_invocations();
}
