//! `publish`: one event of the catalog, from a file to its topic.

use std::process::ExitCode;

use clap::Args;
use tidings_bank_events::Event;
use tidings_events::Catalog as _;
use tidings_local::{
    command::{CommandError, RecordArgs},
    produce::OutgoingRecord,
};
use tidings_process::StartError;

/// Publish one event of the bank, whose catalog knows its topic and key.
#[derive(Args)]
pub struct PublishArgs {
    #[command(flatten)]
    record: RecordArgs,
}

/// Publishes, and tells where the event is.
pub async fn publish(args: &PublishArgs) -> Result<ExitCode, CommandError> {
    let value = args.record.value()?;
    let event = Event::from_json(&value).map_err(|error| {
        StartError::Setting(format!(
            "{}: {error}; publish any other bytes with tidings-local publish --topic",
            args.record.file().display()
        ))
    })?;
    let record = OutgoingRecord {
        topic: event.topic().to_owned(),
        key: Some(event.payload.key().as_bytes().to_vec()),
        value: Some(value),
        headers: Vec::new(),
    };
    args.record.publish(event.event_id.as_str(), &record).await?;
    Ok(ExitCode::SUCCESS)
}
