//! Tests of the host with a real runtime: a small Python program that uses only the Runtime API.

mod stage;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tidings_process::StartError;
use tidings_trigger::PAYLOAD_LIMIT;
use tokio::io::AsyncWriteExt as _;

use super::*;
use stage::{Answered, Stage, function, initialising};

fn runs(pid: u64) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[tokio::test]
async fn an_invocation_gets_its_response_and_the_next_one_reuses_the_instance() {
    let mut stage = Stage::of(vec![function("f")]).await;
    let event = json!({ "text": "naïve" });
    let first = stage.invoke("f", &event).await;
    assert_eq!((first.status, &first.body), (StatusCode::OK, &event));
    assert_eq!(first.header("X-Amz-Executed-Version"), Some("$LATEST"));
    assert_eq!(first.header("X-Amz-Function-Error"), None);
    let cold = stage.reports.recv().await.unwrap();
    assert_eq!(cold.status, Status::Success);
    assert_eq!(first.header("x-amzn-RequestId"), Some(cold.request_id.as_str()));
    assert!(cold.init.is_some() && cold.max_memory_used_mb > Some(1), "{cold:?}");

    stage.invoke("f", &event).await;
    let warm = stage.reports.recv().await.unwrap();
    assert_eq!((warm.instance.as_str(), warm.init), ("f.1", None));
    for line in
        ["initialised", &format!("START RequestId: {} Version: $LATEST", cold.request_id), &cold.to_string()]
    {
        assert!(stage.logged(line), "{line}");
    }
}

#[tokio::test]
async fn a_function_gets_only_lambdas_environment_and_headers() {
    let directory = tempfile::tempdir().unwrap();
    let spec = FunctionSpec {
        environment: BTreeMap::from([("OWN".to_owned(), "1".to_owned())]),
        working_directory: Some(directory.path().to_owned()),
        ..function("f")
    };
    let stage = Stage::of(vec![spec]).await;
    let request = stage.request("arn:aws:lambda:us-east-1:000000000000:function:f:live", r#"{"do":"facts"}"#);
    let request = request.header("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793");
    let facts = Answered::of(request.send().await.unwrap()).await.body;
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", "f"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_ACCESS_KEY_ID", "f.1"),
        ("AWS_REGION", "us-east-1"),
        ("TZ", ":UTC"),
        ("OWN", "1"),
    ] {
        assert_eq!(facts["environment"][name], value, "{name}");
    }
    assert_eq!(facts["environment"].get("CARGO_MANIFEST_DIR"), None);
    assert_eq!(facts["cwd"].as_str(), directory.path().canonicalize().unwrap().to_str());
    let headers = &facts["headers"];
    assert_eq!(
        headers["lambda-runtime-invoked-function-arn"],
        "arn:aws:lambda:us-east-1:000000000000:function:f:live"
    );
    assert_eq!(headers["lambda-runtime-trace-id"], "Root=1-5759e988-bd862e3fe1be46a994272793");
    let deadline: i64 = headers["lambda-runtime-deadline-ms"].as_str().unwrap().parse().unwrap();
    let left = deadline - jiff::Timestamp::now().as_millisecond();
    assert!((30_000..=60_000).contains(&left), "{left}");
}

#[tokio::test]
async fn a_function_error_is_returned_and_the_instance_is_reused() {
    let mut stage = Stage::of(vec![function("f")]).await;
    let failed = stage.invoke("f", &json!({ "do": "error" })).await;
    assert_eq!(failed.function_error("ValueError"), "broken on purpose");
    assert_eq!(stage.reports.recv().await.unwrap().status, Status::Error("ValueError".to_owned()));
    stage.invoke("f", &json!({})).await;
    assert_eq!(stage.reports.recv().await.unwrap().instance, "f.1");
}

#[tokio::test]
async fn a_failing_initialisation_is_retried_once_and_reported() {
    let stage = Stage::of(vec![initialising("error", "error"), initialising("exit", "exit")]).await;
    let failed = stage.invoke("error", &json!({})).await;
    assert_eq!(failed.function_error("Runtime.NoHandler"), "no such handler");
    assert!(stage.logged("Phase: init\tStatus: error\tError Type: Runtime.NoHandler"));
    assert!(stage.logged("Phase: invoke\tStatus: error\tError Type: Runtime.NoHandler"));
    let failed = stage.invoke("exit", &json!({})).await;
    let message = failed.function_error("Runtime.ExitError");
    assert!(message.ends_with("Error: Runtime exited with error: exit status 3"), "{message}");
}

#[tokio::test]
async fn a_hanging_initialisation_ends_at_the_functions_timeout() {
    let spec = FunctionSpec { timeout: Duration::from_millis(1_500), ..initialising("f", "hang") };
    let mut stage = Stage::with(vec![spec], 1_000, Duration::from_millis(200)).await;
    let failed = stage.invoke("f", &json!({})).await;
    let message = failed.function_error("Sandbox.Timedout");
    assert!(message.ends_with("Error: Task timed out after 1.50 seconds"), "{message}");
    assert!(stage.logged("Phase: init\tStatus: timeout"));
    assert_eq!(stage.reports.recv().await.unwrap().status, Status::Timeout);
}

#[tokio::test]
async fn the_invocation_after_a_crash_gets_a_new_instance() {
    let mut stage = Stage::of(vec![function("f")]).await;
    for (event, how) in [
        (json!({ "do": "exit", "status": 1 }), "Runtime exited with error: exit status 1"),
        (json!({ "do": "exit", "status": 0 }), "Runtime exited without providing a reason"),
        (json!({ "do": "abort" }), "Runtime exited with error: signal: aborted"),
    ] {
        let crashed = stage.invoke("f", &event).await;
        let report = stage.reports.recv().await.unwrap();
        let expected = format!("RequestId: {} Error: {how}", report.request_id);
        assert_eq!(crashed.function_error("Runtime.ExitError"), expected);
        assert!(stage.logged(&expected));
    }
    assert_eq!(stage.invoke("f", &json!("again")).await.body, "again");
    assert_eq!(stage.reports.recv().await.unwrap().instance, "f.4");
}

#[tokio::test]
async fn a_response_counts_even_if_the_process_exits_right_after_it() {
    let mut stage = Stage::of(vec![function("f")]).await;
    let event = json!({ "then": "exit" });
    assert_eq!(stage.invoke("f", &event).await.body, event);
    assert_eq!(stage.invoke("f", &json!(2)).await.body, 2);
    assert_eq!(stage.reports.recv().await.unwrap().status, Status::Success);
    assert_eq!(stage.reports.recv().await.unwrap().instance, "f.2");
}

#[tokio::test]
async fn a_timeout_kills_the_process_and_is_reported() {
    let spec = FunctionSpec { timeout: Duration::from_secs(1), ..function("f") };
    let mut stage = Stage::of(vec![spec]).await;
    let pid = stage.invoke("f", &json!({ "do": "facts" })).await.body["pid"].as_u64().unwrap();
    stage.reports.recv().await.unwrap();
    let failed = stage.invoke("f", &json!({ "do": "hang" })).await;
    let message = failed.function_error("Sandbox.Timedout");
    assert!(message.ends_with("Error: Task timed out after 1.00 seconds"), "{message}");
    assert!(!runs(pid));
    let report = stage.reports.recv().await.unwrap();
    assert_eq!((report.status, report.duration), (Status::Timeout, Duration::from_secs(1)));
    assert_eq!(stage.invoke("f", &json!(1)).await.body, 1);
}

#[tokio::test]
async fn concurrent_invocations_get_separate_instances_which_are_reused() {
    let mut stage = Stage::of(vec![function("f")]).await;
    let (first, one, mut first_gate) = stage.invoke_at_gate("f").await;
    let (second, two, mut second_gate) = stage.invoke_at_gate("f").await;
    assert_eq!((one.as_str(), two.as_str()), ("f.1", "f.2"));
    first_gate.write_all(b"1").await.unwrap();
    assert_eq!(first.await.unwrap().body, "f.1");
    second_gate.write_all(b"1").await.unwrap();
    assert_eq!(second.await.unwrap().body, "f.2");
    stage.invoke("f", &json!({})).await;
    let instances: Vec<_> =
        std::iter::from_fn(|| stage.reports.try_recv().ok()).map(|r| r.instance).collect();
    assert_eq!(instances, ["f.1", "f.2", "f.2"]);
}

#[tokio::test]
async fn throttles_beyond_reserved_concurrency_and_beyond_the_hosts_limit() {
    let reserved = FunctionSpec { reserved_concurrency: Some(1), ..function("reserved") };
    let stage = Stage::with(vec![reserved, function("other")], 2, Duration::from_secs(10)).await;
    let (_first, _, _gate) = stage.invoke_at_gate("reserved").await;
    let refused = stage.invoke("reserved", &json!({})).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("x-amzn-ErrorType"), Some("TooManyRequestsException"));
    assert_eq!(refused.body["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded");
    let (_second, _, _other_gate) = stage.invoke_at_gate("other").await;
    let refused = stage.invoke("other", &json!({})).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.body["Reason"], "ConcurrentInvocationLimitExceeded");
}

#[tokio::test]
async fn an_idle_instance_is_stopped_to_make_room_for_another_function() {
    let stage = Stage::with(vec![function("a"), function("b")], 1, Duration::from_secs(10)).await;
    assert_eq!(stage.invoke("a", &json!(1)).await.body, 1);
    assert_eq!(stage.invoke("b", &json!(2)).await.body, 2);
    assert_eq!(stage.invoke("a", &json!(3)).await.body, 3);
    assert_eq!(stage.lines.lock().unwrap().iter().filter(|line| *line == "initialised").count(), 3);
}

#[tokio::test]
async fn payload_limits_are_exact() {
    let stage = Stage::of(vec![function("f")]).await;
    // The response includes two quotes.
    let largest = stage.invoke("f", &json!({ "do": "big", "length": PAYLOAD_LIMIT + 98 })).await;
    assert_eq!(largest.body.as_str().map(str::len), Some(PAYLOAD_LIMIT + 98));
    let over = stage.invoke("f", &json!({ "do": "big", "length": PAYLOAD_LIMIT + 99 })).await;
    assert_eq!(
        over.function_error("Function.ResponseSizeTooLarge"),
        "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    );

    let event = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    let largest = Answered::of(stage.request("f", event(PAYLOAD_LIMIT)).send().await.unwrap()).await;
    assert_eq!(largest.status, StatusCode::OK);
    let over = Answered::of(stage.request("f", event(PAYLOAD_LIMIT + 1)).send().await.unwrap()).await;
    assert_eq!(over.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(over.header("x-amzn-ErrorType"), Some("RequestTooLargeException"));
}

#[tokio::test]
async fn an_invalid_request_is_rejected_as_on_aws() {
    let stage = Stage::of(vec![function("f")]).await;
    let unknown = stage.invoke("g", &json!({})).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(unknown.header("x-amzn-ErrorType"), Some("ResourceNotFoundException"));
    let broken = Answered::of(stage.request("f", "{").send().await.unwrap()).await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert_eq!(broken.header("x-amzn-ErrorType"), Some("InvalidRequestContentException"));
    for (invocation_type, status) in [("DryRun", StatusCode::NO_CONTENT), ("Event", StatusCode::BAD_REQUEST)]
    {
        let request = stage.request("f", "{}").header("X-Amz-Invocation-Type", invocation_type);
        assert_eq!(request.send().await.unwrap().status(), status, "{invocation_type}");
    }
    assert!(stage.lines.lock().unwrap().is_empty(), "no instance may start");
}

#[tokio::test]
async fn the_runtime_api_rejects_wrong_ids_second_responses_and_early_calls() {
    let stage = Stage::of(vec![function("f")]).await;
    let answer = stage.invoke("f", &json!({ "do": "protocol" })).await.body;
    assert_eq!(answer["wrong"][0], 400);
    assert!(answer["wrong"][1].as_str().unwrap().contains("InvalidRequestID"));
    assert_eq!(answer["early"], 403);
    let lines = stage.lines.lock().unwrap();
    let later = lines.iter().find_map(|line| line.strip_prefix("protocol ")).unwrap();
    let later: Value = serde_json::from_str(later).unwrap();
    assert_eq!((&later[0][0], &later[1][0], &later[2][0]), (&json!(202), &json!(400), &json!(403)));
}

#[tokio::test]
async fn kill_stops_an_instance_at_once() {
    let stage = Stage::of(vec![function("f")]).await;
    let (running, instance, _gate) = stage.invoke_at_gate("f").await;
    assert!(stage.host.kill(&instance));
    let killed = running.await.unwrap();
    let message = killed.function_error("Runtime.ExitError");
    assert!(message.ends_with("Error: Runtime exited with error: signal: killed"), "{message}");
    assert!(!stage.host.kill(&instance));
    assert!(!stage.host.kill("f.99"));
    assert_eq!(stage.invoke("f", &json!(1)).await.body, 1);
}

#[tokio::test]
async fn an_invocation_continues_after_its_caller_hangs_up() {
    let mut stage = Stage::of(vec![function("f")]).await;
    let (caller, _, mut gate) = stage.invoke_at_gate("f").await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    gate.write_all(b"1").await.unwrap();
    assert_eq!(stage.reports.recv().await.unwrap().status, Status::Success);
}

#[tokio::test]
async fn no_instance_runs_after_shutdown() {
    let stage = Stage::of(vec![function("idle"), function("busy")]).await;
    let idle = stage.invoke("idle", &json!({ "do": "facts" })).await.body["pid"].as_u64().unwrap();
    let busy = stage.invoke("busy", &json!({ "do": "facts" })).await.body["pid"].as_u64().unwrap();
    let (_running, _, _gate) = stage.invoke_at_gate("busy").await;
    assert!(runs(idle) && runs(busy));
    stage.host.shutdown().await;
    assert!(!runs(idle) && !runs(busy));
}

#[tokio::test]
async fn a_missing_program_is_an_error_at_start() {
    let spec = FunctionSpec { command: vec!["./no/such/bootstrap".to_owned()], ..function("f") };
    let error = Host::start(vec![spec], HostOptions::default()).await.err().unwrap();
    assert!(matches!(error, StartError::MissingTool { .. }), "{error}");
}
