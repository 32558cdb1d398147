//! What is sent to a terminal to print lines above a table that stays at the bottom.

use std::fmt::Write as _;

/// Remembers the table that the terminal shows.
#[derive(Default)]
pub(in super::super) struct Canvas {
    /// Width of each of its lines, in columns.
    drawn: Vec<usize>,
}

impl Canvas {
    /// Prints `lines` in the table's place and the table below them. Its lines must be shorter than `width`, the
    /// terminal's.
    pub(in super::super) fn frame(&mut self, lines: &[String], table: &[String], width: usize) -> String {
        let mut frame = String::new();
        // A terminal that became narrower has wrapped the lines.
        let up: usize = self.drawn.iter().map(|columns| columns.div_ceil(width).max(1)).sum();
        if up > 0 {
            let _ = write!(frame, "\x1b[{up}A\r");
        }
        if !lines.is_empty() {
            frame.push_str("\x1b[J");
        }
        for line in lines {
            let _ = writeln!(frame, "{line}");
        }
        // Written over what is there, so that nothing flickers.
        for line in table {
            let _ = writeln!(frame, "{line}\x1b[K");
        }
        frame.push_str("\x1b[J");
        self.drawn = table.iter().map(|line| line.chars().count()).collect();
        frame
    }
}
