//! The escape sequences that print lines above a table at the bottom of the terminal.

use std::fmt::Write as _;

/// The table that the terminal shows.
#[derive(Default)]
pub(in super::super) struct Canvas {
    /// The width of each line, in columns.
    drawn: Vec<usize>,
}

impl Canvas {
    /// The text that replaces the old table with `lines` and the new table. The table's lines must be shorter than
    /// `width`, the terminal's width.
    pub(in super::super) fn frame(&mut self, lines: &[String], table: &[String], width: usize) -> String {
        let mut frame = String::new();
        // The terminal has wrapped the lines if it became narrower.
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
        // Overwrite the old lines, which avoids flicker.
        for line in table {
            let _ = writeln!(frame, "{line}\x1b[K");
        }
        frame.push_str("\x1b[J");
        self.drawn = table.iter().map(|line| line.chars().count()).collect();
        frame
    }
}
