use std::io::{BufRead as _, BufReader as StdReader};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;

fn shell(script: &str) -> Launch {
    Launch::new("a shell", "sh", "install a shell").arguments(["-c", script])
}

fn runs(pid: u32) -> bool {
    // A zombie is dead too.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

async fn gone(pid: u32) {
    let going = async {
        while runs(pid) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), going).await.expect("it should be gone");
}

#[tokio::test]
async fn all_lines_are_passed_on_before_the_exit_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let process = shell("echo one; printf 'tw\\377o' >&2; exit 7")
        .on_line(Arc::new(move |line: &str| sink.lock().unwrap().push(line.to_owned())))
        .log_file(&log)
        .start()
        .unwrap();
    assert_eq!(process.wait().await.and_then(|status| status.code()), Some(7));
    let mut lines = lines.lock().unwrap().clone();
    lines.sort();
    assert_eq!(lines, ["one", "tw\u{fffd}o"]);
    assert_eq!(std::fs::read_to_string(log).unwrap().lines().count(), 2);
}

#[tokio::test]
async fn the_error_names_a_missing_program_or_folder() {
    let error = Launch::new("x", "no-such-program", "install it").start().err().unwrap();
    assert_eq!(error.to_string(), "no-such-program was not found: install it");
    let error = shell("true").directory("/no/such/folder").start().err().unwrap();
    assert!(error.to_string().starts_with("/no/such/folder"), "{error}");
}

#[tokio::test]
async fn the_not_ready_error_shows_the_last_lines() {
    let process = shell("echo port taken; exit 1").start().unwrap();
    let error = process.wait_ready(Duration::from_mins(1), async || false).await.unwrap_err().to_string();
    assert!(error.contains("a shell did not start") && error.contains("port taken"), "{error}");
    let process = shell("exec sleep 600").start().unwrap();
    let error = process.wait_ready(Duration::from_millis(1), async || false).await.unwrap_err().to_string();
    assert!(error.contains("not ready after"), "{error}");
    process.wait_ready(Duration::from_mins(1), async || true).await.unwrap();
}

#[tokio::test]
async fn stop_sends_sigterm_first_and_sigkill_after_the_limit() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let process = shell("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 600 & wait; done")
        .on_line(Arc::new(move |line: &str| sink.lock().unwrap().push(line.to_owned())))
        .start()
        .unwrap();
    process.wait_ready(Duration::from_mins(1), async || !process.last_lines().is_empty()).await.unwrap();
    process.stop(Duration::from_mins(1)).await;
    assert_eq!(*lines.lock().unwrap(), ["up", "bye"]);

    let deaf = shell("trap '' TERM; echo up; while :; do sleep 600; done").start().unwrap();
    deaf.wait_ready(Duration::from_mins(1), async || !deaf.last_lines().is_empty()).await.unwrap();
    deaf.stop(Duration::from_millis(100)).await;
    assert!(!runs(deaf.id()));
}

#[tokio::test]
async fn dropping_a_process_kills_its_whole_group() {
    let process = shell("sleep 600 & echo $!; wait").start().unwrap();
    process.wait_ready(Duration::from_mins(1), async || !process.last_lines().is_empty()).await.unwrap();
    let (parent, child) = (process.id(), process.last_lines().parse().unwrap());
    assert!(runs(parent) && runs(child));
    drop(process);
    gone(parent).await;
    gone(child).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_process_outlives_the_thread_that_started_it() {
    let runtime = tokio::runtime::Handle::current();
    let started = std::thread::spawn(move || {
        let _within = runtime.enter();
        shell("exec sleep 600").start().unwrap()
    });
    let process = started.join().unwrap();
    assert!(process.peak_memory().unwrap() > 0);
    assert!(tokio::time::timeout(Duration::from_millis(300), process.wait()).await.is_err());
}

/// Not a test: the program that [`a_process_dies_when_its_parent_is_killed`] starts and kills.
#[tokio::test]
#[ignore = "another test starts it as a program"]
async fn parent_to_be_killed() {
    let process = shell("exec sleep 600").start().unwrap();
    println!("child {}", process.id());
    process.wait().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_process_dies_when_its_parent_is_killed() {
    let mut parent = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "tests::parent_to_be_killed", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = StdReader::new(parent.stdout.take().unwrap()).lines();
    let child = lines.find_map(|line| line.unwrap().split_once("child ").map(|(_, id)| id.parse().unwrap()));
    let child = child.unwrap();
    assert!(runs(child));
    parent.kill().unwrap();
    parent.wait().unwrap();
    gone(child).await;
}
