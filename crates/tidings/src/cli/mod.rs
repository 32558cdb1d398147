//! The subcommands.

mod publish;
mod stack;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tidings_cli::demo::DemoError;
use tidings_local::command::{CommandError, or_stopped};

const MORE: &str = "\
From the repository, once scripts/demo has set it up and built it:
  tidings demo --keep
  tidings up
  tidings publish --bootstrap-servers HOST:PORT events/bank/fixtures/events/transaction.completed-seed.json
tidings-local runs any other SAM project, and publishes any other bytes.

Exit status: 0 if it did what it should; 1 if a demo's records did not all end well; 2 with what to do if it cannot \
start or the input is wrong; 130 after Ctrl-C.";

/// Tidings' own functions on a laptop, behind a Kafka broker and Lambda's Kafka trigger; for what they need of AWS, an
/// emulator (ministack). Everything listens on loopback only.
#[derive(Parser)]
#[command(name = "tidings", version, after_help = MORE)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    // One variant is as large as its options; there is only ever one.
    Demo(Box<stack::DemoArgs>),
    Up(Box<stack::UpArgs>),
    Publish(publish::PublishArgs),
}

/// Why the demo ended without a verdict, or a command without doing what it should; printed as one sentence.
#[derive(Debug, thiserror::Error)]
pub enum DemoCommandError {
    /// What every command can fail with.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The demo could not be carried out.
    #[error(transparent)]
    Demo(#[from] DemoError),
}

/// Carries out the command, or as much of it as there is time for before `stop`.
pub async fn run(cli: Cli, stop: impl Future<Output = ()>) -> Result<ExitCode, DemoCommandError> {
    match cli.command {
        Command::Demo(args) => or_stopped(stack::demo(&args), stop).await,
        Command::Up(args) => Ok(or_stopped(stack::up(&args), stop).await?),
        Command::Publish(args) => Ok(or_stopped(publish::publish(&args), stop).await?),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::{Cli, MORE};

    #[test]
    fn every_command_in_the_help_is_one() {
        let commands: Vec<_> = MORE.lines().filter_map(|line| line.strip_prefix("  ")).collect();
        assert_eq!(commands.len(), 3, "{commands:?}");
        for command in commands {
            let words = shlex::split(command).expect(command);
            assert!(Cli::try_parse_from(words).is_ok(), "{command}");
        }
    }
}
