//! Lines on the standard streams.

use std::io::Write as _;

use crate::watch::printable;

/// Prints a line to standard output, if anybody is there to read it.
pub fn print_out(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a line to standard error, if anybody is there to read it; control characters in it are replaced.
pub fn print_err(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", printable(line));
}
