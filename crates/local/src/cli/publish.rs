//! `publish`: one record, from a file to a topic.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use tidings_bank_events::Event;
use tidings_events::Catalog as _;
use tidings_local::{
    broker,
    error::StartError,
    produce::{OutgoingRecord, Producer},
};

use super::{CommandError, options::pair, say};

/// Publish one record to a topic: any bytes, or an event of Tidings' catalog.
#[derive(Args)]
pub struct PublishArgs {
    /// The brokers, host:port separated by commas; `run` and `up` print theirs.
    #[arg(long, env = "KAFKA_BOOTSTRAP_SERVERS", value_name = "HOST:PORT")]
    bootstrap_servers: String,
    /// The topic, for any bytes; without it the file must be an event of the catalog, which knows its topic and key.
    #[arg(long)]
    topic: Option<String>,
    /// The record's key, as text; without it the record has none.
    #[arg(long, requires = "topic")]
    key: Option<String>,
    /// A header of the record; may be given several times.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = pair, requires = "topic")]
    headers: Vec<(String, String)>,
    /// The file with the record's value; - reads it from the standard input.
    file: PathBuf,
}

/// Publishes, and tells where the record is.
pub async fn publish(args: &PublishArgs) -> Result<ExitCode, CommandError> {
    let value = read(&args.file)?;
    let (what, record) = match &args.topic {
        Some(topic) => ("a record".to_owned(), raw(args, topic, value)),
        None => event(&args.file, value)?,
    };
    require_topic(&args.bootstrap_servers, &record.topic).await?;
    let position = Producer::new(&args.bootstrap_servers)?.publish(&record).await?;
    say(&format!("published {what} to {}/{position}", record.topic));
    Ok(ExitCode::SUCCESS)
}

/// A topic that nobody reads would be created by some brokers, and awaited for minutes by others.
async fn require_topic(bootstrap_servers: &str, topic: &str) -> Result<(), StartError> {
    let topics = broker::topics(bootstrap_servers).await?;
    if topics.contains(topic) {
        return Ok(());
    }
    let known: Vec<String> = topics.into_iter().filter(|name| !name.starts_with("__")).collect();
    let known = known.join(", ");
    Err(StartError::Setting(format!("there is no topic {topic}; choose one of these, or create it: {known}")))
}

fn read(file: &Path) -> Result<Vec<u8>, StartError> {
    let mut value = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut value).map(|_| value)
    } else {
        std::fs::read(file)
    };
    read.map_err(|source| StartError::File { path: file.to_owned(), source })
}

fn raw(args: &PublishArgs, topic: &str, value: Vec<u8>) -> OutgoingRecord {
    let header = |(name, value): &(String, String)| (name.clone(), value.clone().into_bytes());
    OutgoingRecord {
        topic: topic.to_owned(),
        key: args.key.clone().map(String::into_bytes),
        value: Some(value),
        headers: args.headers.iter().map(header).collect(),
    }
}

fn event(file: &Path, value: Vec<u8>) -> Result<(String, OutgoingRecord), StartError> {
    let wrong = |problem: String| {
        StartError::Setting(format!(
            "{}: {problem}; name a topic with --topic for any other bytes",
            file.display()
        ))
    };
    let event = Event::from_json(&value).map_err(|error| wrong(error.to_string()))?;
    let record = OutgoingRecord {
        topic: event.topic().to_owned(),
        key: Some(event.payload.key().as_bytes().to_vec()),
        value: Some(value),
        headers: Vec::new(),
    };
    Ok((event.event_id.to_string(), record))
}
