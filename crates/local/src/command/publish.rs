//! Publishing one record from a file.

use std::{
    collections::BTreeSet,
    io::Read as _,
    path::{Path, PathBuf},
};

use clap::Args;
use tidings_process::StartError;

use super::end::CommandError;
use super::print::print_out;
use crate::{
    broker,
    produce::{OutgoingRecord, Producer},
};

/// The brokers to publish to, and the file with the record's value.
#[derive(Args)]
pub struct RecordArgs {
    /// The broker's address, as printed by the command that started it; several are separated by commas.
    #[arg(long, env = "KAFKA_BOOTSTRAP_SERVERS", value_name = "HOST:PORT")]
    bootstrap_servers: String,
    /// The file with the record's value; - reads standard input.
    file: PathBuf,
}

impl RecordArgs {
    /// The path of the file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Reads the record's value.
    pub fn value(&self) -> Result<Vec<u8>, StartError> {
        let mut value = Vec::new();
        let read = if self.file.as_os_str() == "-" {
            std::io::stdin().read_to_end(&mut value).map(|_| value)
        } else {
            std::fs::read(&self.file)
        };
        read.map_err(|source| StartError::File { path: self.file.clone(), source })
    }

    /// Publishes the record and prints its position. The message calls it `what`.
    pub async fn publish(&self, what: &str, record: &OutgoingRecord) -> Result<(), CommandError> {
        require_topic(&broker::topics(&self.bootstrap_servers).await?, &record.topic)?;
        let position = Producer::new(&self.bootstrap_servers)?.publish(record).await?;
        print_out(&format!("published {what} to {}/{position}", record.topic));
        Ok(())
    }
}

/// Without this check, some brokers would create a misspelt topic, and with others the producer would wait for
/// minutes.
fn require_topic(topics: &BTreeSet<String>, topic: &str) -> Result<(), StartError> {
    if topics.contains(topic) {
        return Ok(());
    }
    let known: Vec<&str> = topics.iter().map(String::as_str).filter(|name| !name.starts_with("__")).collect();
    let known = known.join(", ");
    Err(StartError::Setting(format!("there is no topic {topic}; create it or choose one of these: {known}")))
}
