//! `tidings-cost` calculates the tables of docs/cost.md.

use std::{fs, path::Path, process::ExitCode};

use clap::Parser;
use tidings_cost::{CostError, document, input};

/// Calculates the cost of Tidings on AWS and prints docs/cost.md with the new numbers; run it in the repository's root
#[derive(Parser)]
#[command(name = "tidings-cost")]
struct Arguments {
    /// Write docs/cost.md instead of printing it
    #[arg(long)]
    write: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tidings-cost: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), CostError> {
    const DOCUMENT: &str = "docs/cost.md";
    let (prices, load, measured) = input::read(Path::new(""))?;
    let file = |error| CostError::File { path: DOCUMENT.to_owned(), error };
    let text = fs::read_to_string(DOCUMENT).map_err(file)?;
    let document = document::fill(&text, &prices, &load, &measured)?;
    for name in &load.unmeasured {
        eprintln!("tidings-cost: {name} is not in the bill until infra/cost/measured.toml has it");
    }
    if arguments.write {
        return fs::write(DOCUMENT, document).map_err(file);
    }
    print!("{document}");
    Ok(())
}
