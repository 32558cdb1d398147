//! The subcommands.

mod publish;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tidings_local::command::{CommandError, or_stopped};

pub use run::log_writer;

const MORE: &str = "\
Run any project from its template, in any folder:
  tidings-local run --template template.yaml
  tidings-local run --help

Exit status: 0 on success; 2 with an error message if it cannot start or the input is wrong; 130 after Ctrl-C.";

/// Run Lambda functions with Kafka triggers locally, from any SAM template. Starts a Kafka broker, the event source
/// mappings, the functions and an AWS emulator (ministack). Everything listens on loopback only.
#[derive(Parser)]
#[command(name = "tidings-local", version, after_help = MORE)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    // Boxed because it is much larger than the other variant.
    Run(Box<run::RunArgs>),
    Publish(publish::PublishArgs),
}

/// Runs the command until it ends or until `stop`.
pub async fn run(cli: Cli, stop: impl Future<Output = ()>) -> Result<ExitCode, CommandError> {
    match cli.command {
        Command::Run(args) => {
            let outcome = run::run(*args, stop).await;
            run::end_view().await;
            outcome
        }
        Command::Publish(args) => or_stopped(publish::publish(&args), stop).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::{Parser as _, error::ErrorKind};

    use super::{Cli, MORE, run};

    /// A command may continue on more deeply indented lines.
    #[test]
    fn every_command_in_the_help_is_valid() {
        let help = [MORE, run::MORE].join("\n").replace("\n      ", " ");
        let commands: Vec<_> =
            help.lines().filter_map(|line| line.find("tidings-local ").map(|at| &line[at..])).collect();
        assert_eq!(commands.len(), 7, "{commands:?}");
        for command in commands {
            let words = shlex::split(command).expect(command);
            match Cli::try_parse_from(words) {
                Ok(_) => {}
                Err(error) => assert_eq!(error.kind(), ErrorKind::DisplayHelp, "{command}: {error}"),
            }
        }
    }

    #[test]
    fn tables_in_the_help_fit_80_columns() {
        let laid_out = [MORE, run::MORE].join("\n");
        let wide = laid_out.lines().filter(|line| line.contains("   ") && line.len() > 79);
        assert_eq!(wide.collect::<Vec<_>>(), Vec::<&str>::new());
    }
}
