//! The example's README, followed from its first block to its last: a Python function of another project.

use std::{fs, process::Stdio, time::Duration};

use rustix::process::Signal;
use serde_json::Value;
use tidings_local::emulator::Emulator;
use tidings_tests::{binaries, broker, repository};
use tokio::{process::Command, time::interval};

use super::running::{LIMIT, Lines, Running, spawn};
use super::up::address;

const README: &str = "examples/powertools-python/README.md";
/// As the template has it.
const MAXIMUM_RETRY_ATTEMPTS: usize = 2;
const POISON: u64 = 2;

/// The blocks of shell commands in the README.
fn blocks() -> Vec<String> {
    let text = fs::read_to_string(repository().join(README)).unwrap();
    let blocks = text.split("\n```sh\n").skip(1).filter_map(|rest| rest.split_once("\n```\n"));
    let built = format!("{}/tidings-local", binaries().display());
    blocks.map(|(block, _)| block.replace("target/quick/tidings-local", &built)).collect()
}

fn bash(block: &str) -> Command {
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", block]).current_dir(repository());
    command
}

/// Runs a block with what the reader has exported, and gives what it prints.
async fn follow(block: &str, exported: &[(&str, &str)]) -> String {
    let mut command = bash(block);
    command.envs(exported.iter().copied()).stdin(Stdio::null());
    let output = tokio::time::timeout(LIMIT, command.output()).await.expect("it ends").unwrap();
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{block}\n{stdout}\n{stderr}");
    stdout
}

/// The offsets that the function logged with this message, in order.
fn offsets(lines: &Lines, message: &str) -> Vec<u64> {
    let lines = lines.all();
    let logged = lines.iter().filter_map(|line| {
        let line: Value = serde_json::from_str(line.strip_prefix("orders.")?.split_once(' ')?.1).ok()?;
        (line["message"] == message).then(|| line["offset"].as_u64().unwrap())
    });
    logged.collect()
}

async fn is_handled(running: &mut Running, offset: u64) {
    let stdout = running.stdout.clone();
    let handled = format!("\"offset\":{offset}");
    running.line(&stdout, |line| line.contains("order handled") && line.contains(&handled)).await;
}

/// The message about the record that was given up.
async fn failure(aws: &str) -> Value {
    let emulator = Emulator::external(aws).unwrap();
    let arrived = async {
        // The emulator tells nobody by itself.
        let mut looks = interval(Duration::from_millis(100));
        loop {
            looks.tick().await;
            if let [message] = emulator.queue_messages("orders-failures").await.unwrap().as_slice() {
                return serde_json::from_str(&message.body).unwrap();
            }
        }
    };
    tokio::time::timeout(LIMIT, arrived).await.expect("the poison record is given up")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_record_is_retried_alone_and_given_up_while_the_others_go_on() {
    let blocks = blocks();
    let [install, run, publish, look] = blocks.as_slice() else { panic!("{blocks:?}") };
    follow(install, &[]).await;
    let mut running = spawn(bash(&format!("exec {run} --broker {}", broker())));
    let kafka = address(&mut running, "Kafka").await;
    let aws = address(&mut running, "AWS, direct").await;
    let exported = [("KAFKA_BOOTSTRAP_SERVERS", kafka.as_str()), ("AWS_ENDPOINT_URL", aws.as_str())];
    follow(publish, &exported).await;

    let failure = failure(&aws).await;
    assert_eq!(failure["requestContext"]["condition"], "RetryAttemptsExhausted");
    assert_eq!(failure["requestContext"]["approximateInvokeCount"], 1 + MAXIMUM_RETRY_ATTEMPTS);
    let records = &failure["KafkaBatchInfo"]["recordsInfo"]["orders-0"];
    assert_eq!((&records["firstRecordOffset"], &records["lastRecordOffset"]), (&"2".into(), &"2".into()));
    assert!(follow(look, &exported).await.contains("RetryAttemptsExhausted"));

    // The same five again: nothing is blocked.
    follow(publish, &exported).await;
    for offset in [5, 6, 8, 9] {
        is_handled(&mut running, offset).await;
    }
    let mut handled = offsets(&running.stdout, "order handled");
    handled.sort_unstable();
    assert_eq!(handled, [0, 1, 3, 4, 5, 6, 8, 9]);
    let received = offsets(&running.stdout, "order received");
    let times = |wanted: u64| received.iter().filter(|offset| **offset == wanted).count();
    assert_eq!(times(POISON), 1 + MAXIMUM_RETRY_ATTEMPTS);
    assert_eq!([0, 1, 3, 4].map(times), [1; 4], "only the poison record comes again");

    running.signal(Signal::INT);
    assert_eq!(running.ended().await.status.code(), Some(130));
}
