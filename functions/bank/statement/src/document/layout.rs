//! Lays out a statement: rows below each other, on as many pages as needed.

use super::{
    Statement,
    font::Face,
    header,
    page::{HEIGHT, Ink, MARGIN, Page, RIGHT, Style},
    table::{self, Row},
};

const FOOTER: Style = Style::new(Face::Regular, 7.5, Ink::Muted);
const FOOTER_BASELINE: f32 = HEIGHT - MARGIN;
/// The lower edge of the rows. Below it is the footer.
const ROWS_END: f32 = FOOTER_BASELINE - 18.0;
/// Why balances can rise between two debits.
const NOTE: &str = "This statement lists debits. Balances include credits, which it does not list.";

/// Lays out a statement on as many pages as needed.
#[must_use]
pub fn lay_out(statement: &Statement) -> Vec<Page> {
    let totals = table::totals(&statement.entries);
    let mut page = Page::default();
    let mut pages = Vec::new();
    let mut y = header::draw_first(&mut page, statement, &totals);
    y = table::draw_heads(&mut page, y);
    if statement.entries.is_empty() {
        table::draw_empty(&mut page, y);
    }
    let rows = statement.entries.iter().map(|entry| Row::entry(entry, &statement.zone));
    for row in rows.chain(totals.iter().map(Row::total)) {
        if y + row.height() > ROWS_END {
            pages.push(std::mem::take(&mut page));
            y = header::draw_running(&mut page, statement);
            y = table::draw_heads(&mut page, y);
        }
        row.draw(&mut page, y);
        y += row.height();
    }
    pages.push(page);
    number(&mut pages);
    pages
}

fn number(pages: &mut [Page]) {
    let count = pages.len();
    for (index, page) in pages.iter_mut().enumerate() {
        page.left(MARGIN, FOOTER_BASELINE, FOOTER, NOTE);
        let text = format!("Page {} of {count}", index + 1);
        page.right(RIGHT, FOOTER_BASELINE, 100.0, FOOTER, &text);
    }
}
