//! The subcommand `publish`, which publishes one record from a file.

use std::process::ExitCode;

use clap::Args;
use tidings_local::{
    command::{CommandError, RecordArgs, pair},
    produce::OutgoingRecord,
};

/// Publish the content of a file as one record.
#[derive(Args)]
pub struct PublishArgs {
    #[command(flatten)]
    record: RecordArgs,
    /// The topic's name.
    #[arg(long)]
    topic: String,
    /// The record's key. Without it, the record has no key.
    #[arg(long)]
    key: Option<String>,
    /// A header of the record. May be given several times.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = pair)]
    headers: Vec<(String, String)>,
}

/// Publishes the record and prints its position.
pub async fn publish(args: &PublishArgs) -> Result<ExitCode, CommandError> {
    let header = |(name, value): &(String, String)| (name.clone(), value.clone().into_bytes());
    let record = OutgoingRecord {
        topic: args.topic.clone(),
        key: args.key.clone().map(String::into_bytes),
        value: Some(args.record.value()?),
        headers: args.headers.iter().map(header).collect(),
    };
    args.record.publish("a record", &record).await?;
    Ok(ExitCode::SUCCESS)
}
