//! Options, output and exit status shared by the commands that start a stack.

mod addresses;
mod end;
mod options;
mod print;
mod publish;

pub use addresses::addresses;
pub use end::{CommandError, INTERRUPTED, execute, or_stopped, stop_signal};
pub use options::{BROKER, CommonArgs, pair};
pub use print::{print_err, print_out};
pub use publish::RecordArgs;
