//! `publish`: one record, from a file to a topic.

use std::process::ExitCode;

use clap::Args;
use tidings_local::{
    command::{CommandError, RecordArgs, pair},
    produce::OutgoingRecord,
};

/// Publish one record to a topic, as it is.
#[derive(Args)]
pub struct PublishArgs {
    #[command(flatten)]
    record: RecordArgs,
    /// The topic.
    #[arg(long)]
    topic: String,
    /// The record's key, as text; without it the record has none.
    #[arg(long)]
    key: Option<String>,
    /// A header of the record; may be given several times.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = pair)]
    headers: Vec<(String, String)>,
}

/// Publishes, and tells where the record is.
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
