//! The command line for this repository's own functions.

mod cli;

use std::process::ExitCode;

use clap::Parser as _;
use tidings_local::command::{execute, stop_signal};

fn main() -> ExitCode {
    let arguments = cli::Cli::parse();
    execute("tidings", std::io::stderr, async { cli::run(arguments, stop_signal()).await })
}
