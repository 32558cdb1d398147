//! The subcommands.

mod addresses;
mod options;
mod publish;
mod run;
mod tidings;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tidings_local::{demo::DemoError, error::StartError};

/// Lambda's Kafka trigger on a laptop, for any SAM template: a Kafka broker, the event source mapping, the functions'
/// processes, and an AWS emulator behind a recorder. Everything listens on loopback only.
#[derive(Parser)]
#[command(name = "tidings-local", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    // One variant is as large as its options; there is only ever one.
    Run(Box<run::RunArgs>),
    Publish(publish::PublishArgs),
    Demo(Box<tidings::DemoArgs>),
    Up(Box<tidings::UpArgs>),
}

/// Why a command ended without doing what it should; printed as one sentence.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Something did not start, or the input is wrong.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The demo could not be carried out.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// The broker did not take a record.
    #[error("Kafka did not take the record: {0}; check the address and the topic")]
    Kafka(#[from] rdkafka::error::KafkaError),
}

pub use run::{end_view, log_writer};

impl Cli {
    /// What is logged where the environment does not say it: `run` shows the mappings' own log events instead.
    pub fn log_filter(&self) -> &'static str {
        if matches!(self.command, Command::Run(_)) { "warn,tidings_local::mapping=off" } else { "warn" }
    }
}

/// Carries out the command.
pub async fn run(cli: Cli) -> Result<ExitCode, CommandError> {
    match cli.command {
        Command::Run(args) => run::run(*args).await,
        Command::Publish(args) => publish::publish(&args).await,
        Command::Demo(args) => tidings::demo(&args).await,
        Command::Up(args) => tidings::up(&args).await,
    }
}
