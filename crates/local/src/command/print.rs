//! Printing to the standard streams.

use std::io::Write as _;

use crate::watch::printable;

/// Prints a line to standard output. A closed pipe is ignored.
pub fn print_out(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a line to standard error with control characters escaped. A closed pipe is ignored.
pub fn print_err(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", printable(line));
}
