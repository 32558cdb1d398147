//! Programs that the local stack starts: each in a process group of its own, so that Ctrl-C in a terminal
//! reaches only us and we end them in order, and none outlives us, however we end.

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
