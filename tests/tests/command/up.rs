//! A stack that only runs: what it prints leads to it, and what is published to it arrives.

use rustix::process::Signal;
use tidings_local::emulator::Emulator;
use tidings_tests::{fixture, repository};

use super::running::{Ended, Running, spawn, start, tidings};

/// What stands after a name in the list of addresses.
pub async fn address(running: &mut Running, name: &str) -> String {
    let stdout = running.stdout.clone();
    let line = running.line(&stdout, |line| line.starts_with(name)).await;
    line[name.len()..].trim().to_owned()
}

/// Publishes a fixture by the command.
pub async fn publish(bootstrap_servers: &str, fixture: &str) -> Ended {
    let mut command = tidings();
    let file = repository().join(format!("events/bank/fixtures/events/{fixture}.json"));
    command.args(["publish", "--bootstrap-servers", bootstrap_servers]).arg(file);
    spawn(command).ended().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_event_becomes_an_e_mail() {
    let mut up = start("up", &[]);
    let kafka = address(&mut up, "Kafka").await;
    let emulator = Emulator::external(&address(&mut up, "AWS, direct").await).unwrap();
    let event = fixture("transaction.completed-seed");

    let published = publish(&kafka, "transaction.completed-seed").await;
    assert_eq!(published.status.code(), Some(0), "{:?}", published.stderr);
    assert!(published.stdout[0].starts_with("published EVT-12345678 to transaction.completed/"));

    let stdout = up.stdout.clone();
    let sent = |line: &str| line.contains(" SendEmail 200 ") && line.ends_with(event.event_id.as_str());
    up.line(&stdout, sent).await;
    let mails = emulator.sent_mails().await.unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["john@example.com"]);
    assert_eq!(mails[0].subject, "Transaction Successful - ₹5,000");

    up.signal(Signal::TERM);
    assert_eq!(up.ended().await.status.code(), Some(130));
}
