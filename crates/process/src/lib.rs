//! Programs that the local stack starts. Each runs in a separate process group, so that Ctrl-C in a terminal
//! reaches only the local stack, which stops the programs in order. No program outlives the local stack.

mod error;
mod launch;
mod output;
mod process;
#[cfg(test)]
mod tests;

pub use error::StartError;
pub use launch::{Launch, basic_environment, find_program};
pub use output::LineSink;
pub use process::Process;
