//! Tests of a mapping whose function is a real process in the host: crashes, timeouts, responses and throttling.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tidings_host::{FunctionSpec, Host, HostOptions};
use tidings_mapping::MappingEvent;
use tidings_trigger::{Mapping, PAYLOAD_LIMIT};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::bench::{Bench, QUEUE, Reply, Watcher, spec, within};

/// A function that does what the value of a batch's first record says, with a timeout of one minute unless changed.
fn function() -> FunctionSpec {
    let runtime = concat!(env!("CARGO_MANIFEST_DIR"), "/../host/src/tests/runtime.py");
    FunctionSpec {
        name: "notify".to_owned(),
        command: vec!["python3".to_owned(), runtime.to_owned()],
        working_directory: None,
        environment: BTreeMap::new(),
        timeout: Duration::from_mins(1),
        memory_mb: 128,
        reserved_concurrency: None,
    }
}

/// A mapping that sends one record at a time, and sends it to a queue after this many failed retries.
fn one_by_one(maximum_retry_attempts: u32) -> Mapping {
    Mapping {
        batch_size: 1,
        maximum_retry_attempts: Some(maximum_retry_attempts),
        on_failure: Some(QUEUE.to_owned()),
        ..spec()
    }
}

/// Publishes failing records, which are retried once each, and then one that the function handles. Of each failure,
/// `failures` has the record's value, the code in the log, and the `functionError` in the message.
async fn give_up(function: FunctionSpec, failures: &[(Value, &str, Value)]) {
    let mut bench = Bench::new(1, [Reply::ok()]).await;
    let (watcher, host) =
        (Watcher::new().await, Host::start(vec![function], HostOptions::default()).await.unwrap());
    for (value, ..) in failures {
        bench.publish(0, &value.to_string()).await;
    }
    bench.publish(0, &json!({ "do": "answer", "answer": null }).to_string()).await;
    let (spec, endpoint) = (one_by_one(1), format!("http://{}", host.address()));
    let mapping = bench.start_watched(&spec, &watcher, &endpoint, &bench.endpoint);
    bench.caught_up(i64::try_from(failures.len()).unwrap() + 1).await;

    let given_up = failures.len() as u64;
    let expected = [
        ("PolledEventCount", given_up + 1),
        ("InvokedEventCount", 2 * given_up + 1),
        ("FailedInvokeEventCount", 2 * given_up),
        ("InvokeErrorCount", 2 * given_up),
        ("DroppedEventCount", 0),
        ("OnFailureDestinationDeliveredEventCount", given_up),
        ("CommittedEventCount", given_up + 1),
    ];
    let metrics = watcher.metrics(&spec.id).await;
    for (name, expected) in expected {
        assert!(metrics.contains(&(name.to_owned(), expected)), "{name} is not {expected}: {metrics:?}");
    }
    drop(mapping);
    let mut warnings = watcher.warnings().await.into_iter();
    for (offset, (value, code, function_error)) in (0i64..).zip(failures) {
        let message = within(bench.messages.recv()).await.unwrap();
        let message: Value = serde_json::from_str(message["MessageBody"].as_str().unwrap()).unwrap();
        let range = &message["KafkaBatchInfo"]["recordsInfo"][format!("{}-0", bench.topic)];
        assert_eq!(range["firstRecordOffset"], offset.to_string(), "{value}");
        let context = &message["requestContext"];
        assert_eq!(context["condition"], "RetryAttemptsExhausted", "{value}");
        assert_eq!(context["approximateInvokeCount"], 2, "{value}");
        let response =
            json!({ "statusCode": 200, "executedVersion": "$LATEST", "functionError": function_error });
        assert_eq!(message["responseContext"], response, "{value}");
        let [first, second, last] = [(); 3].map(|()| warnings.next().unwrap());
        assert_eq!([first.0, second.0, last.0], [offset; 3]);
        assert_eq!([first.1.as_str(), &second.1, &last.1], [code, code, "RetryAttemptsExhausted"], "{value}");
        assert_eq!(second.2.as_deref(), context["requestId"].as_str(), "the last invocation's");
        assert_ne!(first.2, second.2);
    }
    assert_eq!(warnings.next(), None);
    host.shutdown().await;
}

#[tokio::test]
async fn errors_crashes_and_invalid_responses_are_distinguished_and_discarded() {
    let unhandled = || json!("Unhandled");
    let failures = [
        (json!({ "do": "error" }), "FunctionError", unhandled()),
        (json!({ "do": "exit", "status": 3 }), "Runtime.ExitError", unhandled()),
        (json!({ "do": "abort" }), "Runtime.ExitError", unhandled()),
        (json!({ "do": "big", "length": PAYLOAD_LIMIT + 100 }), "Function.ResponseSizeTooLarge", unhandled()),
        (json!({ "do": "answer", "answer": "done" }), "InvalidBatchResponse", Value::Null),
    ];
    give_up(function(), &failures).await;
}

#[tokio::test]
async fn a_function_that_times_out_is_killed_and_its_record_discarded() {
    // The last record has the same timeout but takes hardly any time.
    let slow = FunctionSpec { timeout: Duration::from_secs(2), ..function() };
    give_up(slow, &[(json!({ "do": "hang" }), "Sandbox.Timedout", json!("Unhandled"))]).await;
}

#[tokio::test]
async fn invocations_throttled_by_reserved_concurrency_are_retried_without_loss() {
    let mut bench = Bench::new(3, [Reply::ok()]).await;
    let gate = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let held = json!({ "do": "gate", "port": gate.local_addr().unwrap().port() }).to_string();
    for partition in 0..3 {
        bench.publish(partition, &held).await;
    }
    let reserved = FunctionSpec { reserved_concurrency: Some(1), ..function() };
    let (watcher, host) =
        (Watcher::new().await, Host::start(vec![reserved], HostOptions::default()).await.unwrap());
    let spec = Mapping { report_batch_item_failures: false, ..one_by_one(0) };
    let endpoint = format!("http://{}", host.address());
    let mapping = bench.start_watched(&spec, &watcher, &endpoint, &bench.endpoint);
    // One invocation waits at the gate, and the others are throttled repeatedly.
    for _ in 0..5 {
        bench.event(|event| matches!(event, MappingEvent::Throttled { .. })).await;
    }
    for _ in 0..3 {
        let (mut function, _) = within(gate.accept()).await.unwrap();
        function.write_all(b"1").await.unwrap();
    }
    within(mapping.settled()).await.unwrap();
    mapping.stop(Duration::from_secs(30)).await;

    let metrics: BTreeMap<String, u64> = watcher.metrics(&spec.id).await.into_iter().collect();
    let warnings = watcher.warnings().await;
    let throttled = warnings.len() as u64;
    assert!(
        throttled >= 5 && warnings.iter().all(|(_, code, _)| code == "TooManyRequestsException"),
        "{warnings:?}"
    );
    let counts = ["PolledEventCount", "InvokedEventCount", "FailedInvokeEventCount", "CommittedEventCount"];
    assert_eq!(counts.map(|name| metrics[name]), [3, 3 + throttled, throttled, 3]);
    let given_up = ["DroppedEventCount", "OnFailureDestinationDeliveredEventCount"];
    assert_eq!(given_up.map(|name| metrics[name]), [0, 0]);
    host.shutdown().await;
}
