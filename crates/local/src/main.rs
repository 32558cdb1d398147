//! The command line of the local stack.

mod cli;

use std::process::ExitCode;

use clap::Parser as _;
use tidings_local::command::{execute, stop_signal};

fn main() -> ExitCode {
    let arguments = cli::Cli::parse();
    execute("tidings-local", cli::log_writer, async { cli::run(arguments, stop_signal()).await })
}
