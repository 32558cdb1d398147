//! Tests of failure destinations in the AWS emulator.

use std::path::PathBuf;

use tidings_local::emulator::{Emulator, EmulatorOptions};
use tidings_template::{Bucket, NotificationTopic, Queue};

use super::{BUCKET, QUEUE, SNS_TOPIC, deliver, destination, job, record};

#[tokio::test]
async fn a_destination_in_any_account_and_region_is_found_by_its_name() {
    let state = tempfile::tempdir().unwrap();
    let venv = std::env::var_os("TIDINGS_VENV")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.venv")), PathBuf::from);
    let options = EmulatorOptions { program: venv.join("bin/ministack"), state: state.path().into() };
    let emulator = Emulator::start(options).await.expect("ministack starts; ./scripts/test installs it");
    let name = || "dead-letters".to_owned();
    let (queues, topics) = ([Queue { name: name() }], [NotificationTopic { name: name() }]);
    emulator.provision(&[], &queues, &[Bucket { name: name() }], &topics).await.unwrap();
    for arn in [QUEUE, SNS_TOPIC, BUCKET] {
        let destination = destination(arn, "b:1", emulator.endpoint());
        deliver(&destination, &job(vec![record(7, "")]))
            .await
            .unwrap_or_else(|error| panic!("{arn}: {error}"));
    }
    let messages = emulator.queue_messages("dead-letters").await.unwrap();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].body.contains(r#""firstRecordOffset":"7""#), "{}", messages[0].body);
    emulator.stop().await;
}
