//! Tests of the terminal's content after frames were written to it.

use proptest::prelude::*;

use super::super::screen::Canvas;

/// A minimal terminal: it wraps lines but has no limit of lines.
struct Terminal {
    width: usize,
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Terminal {
    fn new(width: usize) -> Self {
        Self { width, rows: vec![Vec::new()], row: 0, column: 0 }
    }

    fn write(&mut self, text: &str) {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            rest = if first == '\x1b' {
                self.escape(&rest[1..])
            } else {
                self.character(first);
                &rest[first.len_utf8()..]
            };
        }
    }

    fn character(&mut self, character: char) {
        match character {
            '\r' => self.column = 0,
            '\n' => {
                self.column = 0;
                self.down();
            }
            _ => {
                // Like a real terminal, wraps only when the next character is written.
                if self.column == self.width {
                    self.column = 0;
                    self.down();
                }
                let row = &mut self.rows[self.row];
                row.resize(row.len().max(self.column + 1), ' ');
                row[self.column] = character;
                self.column += 1;
            }
        }
    }

    fn down(&mut self) {
        self.row += 1;
        if self.row == self.rows.len() {
            self.rows.push(Vec::new());
        }
    }

    fn escape<'t>(&mut self, text: &'t str) -> &'t str {
        let end = text.find(|other: char| other.is_ascii_alphabetic()).unwrap();
        match (&text[..end], &text[end..=end]) {
            (count, "A") => self.row -= count[1..].parse::<usize>().unwrap(),
            ("[", "K") => self.rows[self.row].truncate(self.column.min(self.width - 1)),
            ("[", "J") => {
                self.rows.truncate(self.row + 1);
                self.rows[self.row].truncate(self.column.min(self.width - 1));
            }
            other => panic!("unknown escape {other:?}"),
        }
        &text[end + 1..]
    }

    fn text(&self) -> Vec<String> {
        let mut text: Vec<String> = self.rows.iter().map(|row| row.iter().collect()).collect();
        assert_eq!(text.pop().as_deref(), Some(""), "the cursor is below the table");
        text
    }
}

fn wrapped(line: &str, width: usize) -> Vec<String> {
    let characters: Vec<char> = line.chars().collect();
    if characters.is_empty() {
        return vec![String::new()];
    }
    characters.chunks(width).map(|row| row.iter().collect()).collect()
}

const WIDTH: usize = 10;

proptest! {
    /// All printed lines stay above the last table, and nothing else is on the terminal.
    #[test]
    fn the_last_table_is_below_all_lines(
        frames in prop::collection::vec(
            (prop::collection::vec("[a-z]{0,25}", 0..3), prop::collection::vec("[A-Z]{0,9}", 0..4)),
            1..8,
        )
    ) {
        let (mut canvas, mut terminal) = (Canvas::default(), Terminal::new(WIDTH));
        let mut expected = Vec::new();
        for (lines, table) in &frames {
            terminal.write(&canvas.frame(lines, table, WIDTH));
            expected.extend(lines.iter().flat_map(|line| wrapped(line, WIDTH)));
        }
        expected.extend(frames.last().unwrap().1.clone());
        prop_assert_eq!(terminal.text(), expected);
    }
}

#[test]
fn a_terminal_that_became_narrower_is_cleared_of_the_wrapped_table() {
    let mut canvas = Canvas::default();
    let table = [String::from("123456789"), String::from("abc")];
    canvas.frame(&[], &table, 10);
    // At width 4, nine columns take three lines, and three columns take one.
    assert!(canvas.frame(&[], &table, 4).starts_with("\x1b[4A\r"));
}

#[test]
fn an_unchanged_table_is_drawn_over_itself_without_being_cleared_first() {
    let mut canvas = Canvas::default();
    let table = [String::from("abc")];
    canvas.frame(&[], &table, 10);
    assert_eq!(canvas.frame(&[], &table, 10), "\x1b[1A\rabc\x1b[K\n\x1b[J");
}
