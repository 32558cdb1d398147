//! Whole demos: that they succeed, also beside each other, and fail when a function is sabotaged.

use std::{path::PathBuf, time::Duration};

use rustix::process::Signal;
use tidings_events::Notifiable as _;
use tidings_local::emulator::Emulator;
use tidings_tests::fixture;
use tokio::{sync::Mutex, time::interval};

use super::running::{Ended, LIMIT, Running, start};
use super::up::{address, publish};

/// A test at a time: two demos at once are what two cores carry.
static TURN: Mutex<()> = Mutex::const_new(());

/// What the last line counts.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    settled: usize,
    records: usize,
    lost: usize,
    twice: usize,
}

/// Reads `settled N of N records, L lost, D delivered twice`.
fn counts(line: &str) -> Counts {
    let numbers: Vec<usize> = line.split([' ', ',']).filter_map(|word| word.parse().ok()).collect();
    let [settled, records, lost, twice] = numbers[..] else { panic!("this is not the last line: {line}") };
    assert_eq!(line, format!("settled {settled} of {records} records, {lost} lost, {twice} delivered twice"));
    Counts { settled, records, lost, twice }
}

fn last_counts(ended: &Ended) -> Counts {
    counts(ended.stdout.last().expect("the demo wrote something"))
}

fn assert_all_settled(counts: &Counts) {
    let Counts { settled, records, lost, twice } = *counts;
    assert!(records >= 500, "{records} records");
    assert_eq!((settled, lost, twice), (records, 0, 0));
}

/// Two at once, one of which is kept: it takes one more event, and Ctrl-C ends it.
#[tokio::test(flavor = "multi_thread")]
async fn two_demos_at_once_do_not_disturb_each_other() {
    let _turn = TURN.lock().await;
    let (one, other) = (start("demo", &[]), start("demo", &["--keep"]));
    let (one, ()) = tokio::join!(one.ended(), take_one_more_event(other));
    assert_eq!(one.status.code(), Some(0), "{:?}", one.stderr);
    assert_all_settled(&last_counts(&one));
    assert_eq!(one.files, Vec::<PathBuf>::new(), "temporary files are left");
}

async fn take_one_more_event(mut demo: Running) {
    let stdout = demo.stdout.clone();
    let last = demo.line(&stdout, |line| line.starts_with("settled ")).await;
    assert_all_settled(&counts(&last));
    let event = fixture("user.registered-hindi");
    let emulator = Emulator::external(&address(&mut demo, "AWS, direct").await).unwrap();
    let kafka = address(&mut demo, "Kafka").await;
    assert_eq!(publish(&kafka, "user.registered-hindi").await.status.code(), Some(0));
    let to = event.payload.recipient().unwrap().email.to_string();
    let arrived = async {
        // The emulator tells nobody by itself.
        let mut looks = interval(Duration::from_millis(100));
        while !emulator.sent_mails().await.unwrap().iter().any(|mail| mail.to.contains(&to)) {
            looks.tick().await;
        }
    };
    tokio::time::timeout(LIMIT, arrived).await.expect("the e-mail arrives");
    demo.signal(Signal::INT);
    let ended = demo.ended().await;
    assert_eq!(ended.status.code(), Some(130), "{:?}", ended.stderr);
    assert_eq!(ended.files, Vec::<PathBuf>::new(), "temporary files are left");
}

/// What is sent twice or dropped is noticed, whatever the functions say of themselves and on whatever broker.
#[tokio::test(flavor = "multi_thread")]
async fn a_sabotaged_demo_fails() {
    let _turn = TURN.lock().await;
    let sabotaged = |what| start("demo", &["--broker", "embedded", "--sabotage", what]);
    let (twice, dropped) = (sabotaged("bank-email=twice"), sabotaged("bank-sms=drop"));
    let (twice, dropped) = tokio::join!(twice.ended(), dropped.ended());
    let Counts { settled, records, lost, twice: delivered_twice } = last_counts(&twice);
    assert_eq!((twice.status.code(), settled, lost, delivered_twice), (Some(1), records - 1, 0, 1));
    let Counts { settled, records, lost, twice: delivered_twice } = last_counts(&dropped);
    assert_eq!((dropped.status.code(), settled, lost, delivered_twice), (Some(1), records - 1, 1, 0));
}
