//! The subcommands.

mod addresses;
mod options;
mod publish;
mod run;
mod tidings;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tidings_local::{demo::DemoError, error::StartError};

pub use run::log_writer;

/// The exit status after Ctrl-C, as a shell has it.
const INTERRUPTED: u8 = 130;

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

/// Carries out the command, or as much of it as there is time for before `stop`.
pub async fn run(cli: Cli, stop: impl Future<Output = ()>) -> Result<ExitCode, CommandError> {
    match cli.command {
        Command::Run(args) => {
            let outcome = run::run(*args, stop).await;
            run::end_view().await;
            outcome
        }
        Command::Publish(args) => or_stopped(publish::publish(&args), stop).await,
        Command::Demo(args) => or_stopped(tidings::demo(&args), stop).await,
        Command::Up(args) => or_stopped(tidings::up(&args), stop).await,
    }
}

/// What runs when it is stopped is dropped, and dropping it kills it.
async fn or_stopped(
    work: impl Future<Output = Result<ExitCode, CommandError>>,
    stop: impl Future<Output = ()>,
) -> Result<ExitCode, CommandError> {
    tokio::select! {
        outcome = work => outcome,
        () = stop => {
            tell("stopping");
            Ok(INTERRUPTED.into())
        }
    }
}

/// Says it on standard error, if anybody is there to read it.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
