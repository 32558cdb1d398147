//! The header above the table: in full on the first page, in one line on the others.

use tidings_texts::{Language, date, one_line};

use super::{
    Statement,
    font::Face,
    page::{Ink, MARGIN, Page, RIGHT, Style},
    table::Total,
    wrap::wrap,
};

const BANK: Style = Style::new(Face::Bold, 19.0, Ink::Brand);
const TITLE: Style = Style::new(Face::Regular, 11.0, Ink::Muted);
const LABEL: Style = Style::new(Face::Regular, 7.5, Ink::Muted);
const VALUE: Style = Style::new(Face::Bold, 10.0, Ink::Dark);
const RUNNING_BANK: Style = Style::new(Face::Bold, 9.0, Ink::Brand);
const RUNNING: Style = Style::new(Face::Regular, 8.0, Ink::Muted);
const LINE_HEIGHT: f32 = 13.0;
const LEFT_WIDTH: f32 = 270.0;
const RIGHT_X: f32 = MARGIN + LEFT_WIDTH + 30.0;
const RIGHT_WIDTH: f32 = RIGHT - RIGHT_X;
/// Wide enough for the longest identifier in the widest letters.
const FIELD_LINES: usize = 5;
const BOX_HEIGHT: f32 = 44.0;

/// Writes the first page's header and returns its lower edge.
pub fn draw_first(page: &mut Page, statement: &Statement, totals: &[Total]) -> f32 {
    let name = one_line(&statement.bank_name);
    for line in wrap(&name, BANK.face, BANK.size, RIGHT - MARGIN - 140.0, 1) {
        page.left(MARGIN, MARGIN + 18.0, BANK, &line);
    }
    page.right(RIGHT, MARGIN + 18.0, 130.0, TITLE, "Account statement");
    page.rule(MARGIN + 30.0, 1.5, Ink::Brand);

    let top = MARGIN + 52.0;
    let left = field(page, (MARGIN, top), LEFT_WIDTH, "Account holder", &one_line(&statement.holder));
    let left = field(page, (MARGIN, left), LEFT_WIDTH, "Account", &statement.account_id);
    let right = field(page, (RIGHT_X, top), RIGHT_WIDTH, "Period", &period(statement));
    let issued = date(statement.requested_at.to_zoned(statement.zone.clone()).date(), Language::English);
    let right = field(page, (RIGHT_X, right), RIGHT_WIDTH, "Issued", &issued);
    draw_summary(page, left.max(right) + 2.0, statement, totals)
}

/// Writes the header of a further page and returns its lower edge.
pub fn draw_running(page: &mut Page, statement: &Statement) -> f32 {
    let baseline = MARGIN + 8.0;
    let about = format!("Account {} · {}", statement.account_id, period(statement));
    let about_width = RUNNING.face.width(&about, RUNNING.size).min(340.0);
    let name = one_line(&statement.bank_name);
    let name_width = RIGHT - MARGIN - about_width - 20.0;
    for line in wrap(&name, RUNNING_BANK.face, RUNNING_BANK.size, name_width, 1) {
        page.left(MARGIN, baseline, RUNNING_BANK, &line);
    }
    page.right(RIGHT, baseline, about_width, RUNNING, &about);
    page.rule(MARGIN + 15.0, 1.0, Ink::Brand);
    MARGIN + 28.0
}

fn period(statement: &Statement) -> String {
    let day = |day| date(day, Language::English);
    format!("{} – {}", day(statement.first_day), day(statement.last_day))
}

/// Writes a label with its value below it and returns the left edge of the next field.
fn field(page: &mut Page, (x, y): (f32, f32), width: f32, label: &str, value: &str) -> f32 {
    page.left(x, y + 7.0, LABEL, label);
    let mut baseline = y + 20.0;
    for line in wrap(value, VALUE.face, VALUE.size, width, FIELD_LINES) {
        page.left(x, baseline, VALUE, &line);
        baseline += LINE_HEIGHT;
    }
    baseline + 2.0
}

fn draw_summary(page: &mut Page, y: f32, statement: &Statement, totals: &[Total]) -> f32 {
    page.fill(MARGIN, y, RIGHT - MARGIN, BOX_HEIGHT, Ink::Band);
    let (debits, balance) = match totals {
        [] => ("–".to_owned(), "–".to_owned()),
        [total] => (total.debits_text(), total.balance_text()),
        more => {
            let text = format!("in {} currencies, see the end", more.len());
            (text.clone(), text)
        }
    };
    let column = (RIGHT - MARGIN) / 3.0;
    let fields = [
        ("Entries", statement.entries.len().to_string()),
        ("Total debits", debits),
        ("Closing balance", balance),
    ];
    let mut x = MARGIN + 12.0;
    for (label, value) in fields {
        page.left(x, y + 17.0, LABEL, label);
        let natural = VALUE.face.width(&value, VALUE.size);
        let width = natural.min(column - 20.0);
        page.right(x + width, y + 32.0, width, VALUE, &value);
        x += column;
    }
    y + BOX_HEIGHT + 18.0
}
