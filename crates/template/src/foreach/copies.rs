//! Line numbers of the copies that loops create: each encodes the original line and the turn of the loop.

use super::super::NoticeKind;
use super::super::error::{Fault, Located, Result};
use super::super::scope::Remark;
use super::super::yaml::MAX_BYTES;

/// More lines than any template has. The line numbers of each turn's copies are offset by a multiple of it.
const STRIDE: usize = 2 * MAX_BYTES;

/// The turns of all loops in one template. The line numbers of turn 1's copies start at `STRIDE`, those of turn 2 at
/// twice that, and so on.
#[derive(Debug, Default)]
pub(in super::super) struct Copies {
    /// A description of each turn, e.g. "the loop Functions with Function=email".
    turns: Vec<String>,
    bytes: usize,
    notes: Vec<Remark>,
}

/// The line in the file of `line`, which may be a line of a copy.
pub(in super::super) fn written_line(line: usize) -> usize {
    line % STRIDE
}

impl Copies {
    /// Whether `line` is in a copy.
    pub(super) fn has(line: usize) -> bool {
        line >= STRIDE
    }

    /// Begins a turn. Returns the offset of its copies' line numbers.
    pub(super) fn begin(&mut self, line: usize, turn: String) -> Result<usize> {
        self.charge(line, turn.len())?;
        self.turns.push(turn);
        Ok(self.turns.len() * STRIDE)
    }

    /// Counts `bytes` more of the expanded template, to which the size limit of a template applies.
    pub(super) fn charge(&mut self, line: usize, bytes: usize) -> Result<()> {
        self.bytes += bytes;
        if self.bytes > MAX_BYTES {
            return Err(Located::new(
                line,
                Fault::TooBig { limit: MAX_BYTES, what: "bytes after its loops are expanded" },
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

    /// The line as it is shown to the user, e.g. "line 12 (the loop Functions with Function=email)".
    pub(super) fn place(&self, line: usize) -> String {
        let written = written_line(line);
        self.turn(line).map_or_else(|| format!("line {written}"), |turn| format!("line {written} ({turn})"))
    }

    /// The fault with its line in the file and, if it is in a copy, the turn.
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
