//! `tidings-cost`: the tables of docs/cost.md.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::Parser;
use tidings_cost::{CostError, document, input};

/// Calculates what Tidings costs on AWS, and prints docs/cost.md with these numbers
#[derive(Parser)]
#[command(name = "tidings-cost")]
struct Arguments {
    /// The folder with prices.toml, load.toml and measured.toml
    #[arg(long, value_name = "DIR", default_value = "infra/cost")]
    tables: PathBuf,
    /// The document whose tables are calculated
    #[arg(long, value_name = "FILE", default_value = "docs/cost.md")]
    document: PathBuf,
    /// Write the document anew instead of printing it
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
    let (prices, load, measured) = input::read(&arguments.tables)?;
    let path = &arguments.document;
    let file = |error| CostError::File { path: path.display().to_string(), error };
    let text = fs::read_to_string(path).map_err(file)?;
    let document = document::fill(&text, &prices, &load, &measured)?;
    if arguments.write {
        return fs::write(path, document).map_err(file);
    }
    print!("{document}");
    Ok(())
}
