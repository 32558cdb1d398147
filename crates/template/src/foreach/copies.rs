//! The lines of copies: which written line each is of, and in which turn of which loop.

use super::super::NoticeKind;
use super::super::error::{Fault, Located, Result};
use super::super::scope::Remark;
use super::super::yaml::MAX_BYTES;

/// More lines than any template has, so that those of copies can count on behind them.
const STRIDE: usize = 2 * MAX_BYTES;

/// What loops made of one template. The copies of turn 1 have the lines from `STRIDE`, those of turn 2 the lines from
/// twice that, and so on.
#[derive(Debug, Default)]
pub(in super::super) struct Copies {
    /// Each turn so far, e.g. "the loop Functions with Function=email".
    turns: Vec<String>,
    bytes: usize,
    notes: Vec<Remark>,
}

/// The line of the file that `line` is, or is a copy of.
pub(in super::super) fn written_line(line: usize) -> usize {
    line % STRIDE
}

impl Copies {
    /// Whether `line` is one of a copy.
    pub(super) fn has(line: usize) -> bool {
        line >= STRIDE
    }

    /// Begins a turn, and gives what its copies add to their written lines.
    pub(super) fn begin(&mut self, line: usize, turn: String) -> Result<usize> {
        self.charge(line, turn.len())?;
        self.turns.push(turn);
        Ok(self.turns.len() * STRIDE)
    }

    /// Counts `bytes` more of the expanded template, which may be as big as a written one.
    pub(super) fn charge(&mut self, line: usize, bytes: usize) -> Result<()> {
        self.bytes += bytes;
        if self.bytes > MAX_BYTES {
            return Err(Located::new(
                line,
                Fault::TooBig { limit: MAX_BYTES, what: "bytes with its loops written out" },
            ));
        }
        Ok(())
    }

    pub(super) fn note(&mut self, line: usize, what: String) {
        self.notes.push((line, NoticeKind::Note, what));
    }

    pub(in super::super) fn take_notes(&mut self) -> Vec<Remark> {
        std::mem::take(&mut self.notes)
    }

    /// A line as people know it, e.g. "line 12 (the loop Functions with Function=email)".
    pub(super) fn place(&self, line: usize) -> String {
        let written = written_line(line);
        self.turn(line).map_or_else(|| format!("line {written}"), |turn| format!("line {written} ({turn})"))
    }

    /// The fault with its written line, and the turn if it is in a copy.
    pub(in super::super) fn locate(&self, located: Located) -> Located {
        let fault = match self.turn(located.line) {
            Some(turn) => Fault::InLoop { turn: turn.to_owned(), fault: Box::new(located.fault) },
            None => located.fault,
        };
        Located::new(written_line(located.line), fault)
    }

    fn turn(&self, line: usize) -> Option<&str> {
        let before = (line / STRIDE).checked_sub(1)?;
        self.turns.get(before).map(String::as_str)
    }
}
