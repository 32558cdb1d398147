//! What cannot work is said in one clear sentence, with exit status 2 and nothing left running.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use tidings_tests::{repository, templates_with};

use super::running::{Running, spawn, start, tidings};

/// Requires exit status 2 and one sentence that contains all of `parts`; lines of a program that did not start may
/// follow it.
async fn refused(running: Running, parts: &[&str]) {
    let ended = running.ended().await;
    assert_eq!(ended.status.code(), Some(2), "{:?}", ended.stderr);
    let announced = |line: &&String| !line.starts_with("starting ");
    let said: Vec<&String> = ended.stderr.iter().filter(announced).collect();
    let sentence = said.first().expect("it says why");
    for part in parts {
        assert!(sentence.contains(part), "{part:?} is missing: {said:?}");
    }
    assert_eq!(said.iter().filter(|line| line.starts_with("tidings: ")).count(), 1, "{said:?}");
    assert_eq!(ended.stdout, Vec::<String>::new());
    assert_eq!(ended.files, Vec::<PathBuf>::new(), "temporary files are left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_emulator_is_named() {
    refused(start("demo", &["--venv", "/nonexistent"]), &["/nonexistent/bin/ministack", "scripts/demo"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emulator_that_ends_at_once_is_quoted() {
    let venv = TempDir::new().unwrap();
    let program = venv.path().join("bin/ministack");
    fs::create_dir(venv.path().join("bin")).unwrap();
    fs::write(&program, "#!/bin/sh\necho no space left >&2\nexit 3\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let running = start("demo", &["--venv", venv.path().to_str().unwrap()]);
    let stderr = running.stderr.clone();
    refused(running, &["ministack", "did not start", "exit status: 3"]).await;
    assert!(stderr.all().iter().any(|line| line.contains("no space left")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emulator_endpoint_that_does_not_answer_is_named() {
    refused(start("demo", &["--aws", "http://127.0.0.1:1"]), &["emulator", "did not respond"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_template_is_named_with_its_line() {
    let copy = templates_with(&[("BatchSize", "many")]);
    let repository = copy.path().to_str().unwrap();
    refused(start("demo", &["--repository", repository]), &["bank.yaml:", "BatchSize", "many"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_without_a_template_is_named_with_the_list() {
    let copy = templates_with(&[]);
    fs::remove_file(copy.path().join("infra/bank.yaml")).unwrap();
    let parts = ["infra/stacks.toml", "infra/bank.yaml", "write that template"];
    refused(start("demo", &["--repository", copy.path().to_str().unwrap()]), &parts).await;
    fs::remove_file(copy.path().join("infra/stacks.toml")).unwrap();
    let parts = ["infra/stacks.toml", "No such file"];
    refused(start("demo", &["--repository", copy.path().to_str().unwrap()]), &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_says_nothing_of_its_effects_is_named_with_the_file_to_write() {
    let copy = templates_with(&[]);
    copy_folder(&repository().join("functions"), &copy.path().join("functions"));
    fs::remove_file(copy.path().join("functions/bank/push/function.toml")).unwrap();
    let parts = ["what bank-push does", "functions/bank/push/function.toml"];
    refused(start("demo", &["--repository", copy.path().to_str().unwrap()]), &parts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_parameter_is_named() {
    refused(start("demo", &["--parameter", "TimeZome=UTC"]), &["TimeZome", "TimeZone"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_broker_is_named_with_the_choices() {
    let ended = start("demo", &["--broker", "pulsar"]).ended().await;
    assert_eq!(ended.status.code(), Some(2));
    assert!(
        ended.stderr[0].contains("there is no broker pulsar; choose embedded, kafka"),
        "{:?}",
        ended.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sabotage_that_would_change_nothing_is_refused() {
    refused(start("demo", &["--sabotage", "bank-ledger=twice"]), &["give bank-ledger=drop"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sabotage_of_nobody_is_refused() {
    refused(start("demo", &["--sabotage", "nobody=drop"]), &["there is no function nobody"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_does_not_answer_is_named() {
    refused(start("demo", &["--broker", "127.0.0.1:1"]), &["127.0.0.1:1"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn apache_kafka_without_java_is_refused_with_a_way_out() {
    let mut command = tidings();
    command.args(["demo", "--broker", "kafka"]).current_dir(repository()).env("PATH", "/nonexistent");
    refused(spawn(command), &["java was not found", "embedded"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_functions_are_named() {
    refused(start("demo", &["--binaries", "/nonexistent"]), &["/nonexistent/bank-email", "cargo build"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_not_an_event_are_not_published() {
    let mut command = tidings();
    command.args(["publish", "--bootstrap-servers", "127.0.0.1:1", "Cargo.toml"]).current_dir(repository());
    refused(spawn(command), &["Cargo.toml", "not valid JSON", "--topic"]).await;
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
