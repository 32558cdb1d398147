//! The table's columns and rows.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tidings_events::{Amount, Currency};
use tidings_ledger_table::{Entry, Kind};
use tidings_texts::{Language, amount, date, one_line};

use super::{
    font::Face,
    page::{Ink, MARGIN, Page, RIGHT, Style},
    wrap::wrap,
};

const HEAD: Style = Style::new(Face::Bold, 8.0, Ink::Brand);
const BODY: Style = Style::new(Face::Regular, 8.5, Ink::Dark);
const NOTE: Style = Style::new(Face::Regular, 7.5, Ink::Muted);
const TOTAL: Style = Style::new(Face::Bold, 8.5, Ink::Dark);
const LINE_HEIGHT: f32 = 11.5;
const PADDING: f32 = 5.0;
/// The height of a line above its baseline.
const ASCENT: f32 = 9.0;
const HEAD_HEIGHT: f32 = 20.0;
const INSET: f32 = 6.0;

const DATE_X: f32 = MARGIN + INSET;
const DETAILS_X: f32 = DATE_X + 60.0;
const DETAILS_WIDTH: f32 = 180.0;
const REFERENCE_X: f32 = DETAILS_X + DETAILS_WIDTH + 10.0;
const REFERENCE_WIDTH: f32 = 78.0;
const AMOUNT_WIDTH: f32 = 72.0;
const BALANCE_RIGHT: f32 = RIGHT - INSET;
const DEBIT_RIGHT: f32 = BALANCE_RIGHT - AMOUNT_WIDTH - 9.0;

/// A row whose texts are broken into lines.
pub struct Row {
    date: String,
    details: Vec<(String, Style)>,
    reference: Vec<String>,
    debit: String,
    balance: String,
    style: Style,
}

/// The name of an entry's kind in the table.
const fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Transfer => "Transfer to",
        Kind::Bill => "Bill payment to",
        Kind::ScheduledTransfer => "Standing order to",
    }
}

impl Row {
    /// The row of an entry.
    pub fn entry(entry: &Entry, zone: &TimeZone) -> Self {
        let title = format!("{} {}", title(entry.kind), one_line(&entry.counterparty));
        let lines = |text: &str, style: Style, max| {
            let lines = wrap(text, style.face, style.size, DETAILS_WIDTH, max);
            lines.into_iter().map(move |line| (line, style))
        };
        let mut details: Vec<(String, Style)> = lines(&title, BODY, 2).collect();
        let description = entry.description.as_deref().map(one_line).unwrap_or_default();
        if !description.is_empty() {
            details.extend(lines(&description, NOTE, 2));
        }
        let reference = entry.reference.as_str();
        Self {
            date: date(entry.timestamp.to_zoned(zone.clone()).date(), Language::English),
            details,
            // An identifier is useful only as a whole.
            reference: wrap(reference, NOTE.face, NOTE.size, REFERENCE_WIDTH, usize::MAX),
            debit: amount(entry.amount, entry.currency, Language::English),
            balance: amount(entry.balance_after, entry.currency, Language::English),
            style: BODY,
        }
    }

    /// The row of a currency's totals.
    pub fn total(total: &Total) -> Self {
        Self {
            date: String::new(),
            details: vec![("Total debits and closing balance".to_owned(), TOTAL)],
            reference: Vec::new(),
            debit: total.debits_text(),
            balance: total.balance_text(),
            style: TOTAL,
        }
    }

    /// Its height on the page.
    pub fn height(&self) -> f32 {
        let lines = self.details.len().max(self.reference.len()).max(1);
        #[allow(clippy::cast_precision_loss)] // a row has a dozen lines at most
        let lines = lines as f32;
        lines * LINE_HEIGHT + 2.0 * PADDING
    }

    /// Writes the row with its upper edge at `y`.
    pub fn draw(&self, page: &mut Page, y: f32) {
        let first = y + PADDING + ASCENT;
        page.left(DATE_X, first, self.style, &self.date);
        let mut baseline = first;
        for (line, style) in &self.details {
            page.left(DETAILS_X, baseline, *style, line);
            baseline += LINE_HEIGHT;
        }
        baseline = first;
        for line in &self.reference {
            page.left(REFERENCE_X, baseline, NOTE, line);
            baseline += LINE_HEIGHT;
        }
        page.right(DEBIT_RIGHT, first, AMOUNT_WIDTH, self.style, &self.debit);
        page.right(BALANCE_RIGHT, first, AMOUNT_WIDTH, self.style, &self.balance);
        page.rule(y + self.height(), 0.5, Ink::Rule);
    }
}

/// Writes the column headers with their upper edge at `y` and returns the upper edge of the rows.
pub fn draw_heads(page: &mut Page, y: f32) -> f32 {
    page.fill(MARGIN, y, RIGHT - MARGIN, HEAD_HEIGHT, Ink::Band);
    let baseline = y + 13.0;
    page.left(DATE_X, baseline, HEAD, "Date");
    page.left(DETAILS_X, baseline, HEAD, "Details");
    page.left(REFERENCE_X, baseline, HEAD, "Reference");
    page.right(DEBIT_RIGHT, baseline, AMOUNT_WIDTH, HEAD, "Debit");
    page.right(BALANCE_RIGHT, baseline, AMOUNT_WIDTH, HEAD, "Balance");
    y + HEAD_HEIGHT
}

/// Writes that there are no entries and returns the lower edge of that text.
pub fn draw_empty(page: &mut Page, y: f32) -> f32 {
    let end = y + LINE_HEIGHT + 2.0 * PADDING;
    page.left(DATE_X, y + PADDING + ASCENT, BODY, "No entries in this period.");
    page.rule(end, 0.5, Ink::Rule);
    end
}

/// The totals of a period's entries in one currency.
#[derive(Debug, PartialEq, Eq)]
pub struct Total {
    currency: Currency,
    /// `None` if the sum has more digits than a decimal holds exactly.
    debits: Option<Decimal>,
    balance: Amount,
}

impl Total {
    /// The sum of the debits, or a note if it cannot be calculated.
    pub fn debits_text(&self) -> String {
        self.debits.map_or_else(
            || "too large to add up".to_owned(),
            |sum| amount(Amount(sum), self.currency, Language::English),
        )
    }

    /// The balance after the last entry.
    pub fn balance_text(&self) -> String {
        amount(self.balance, self.currency, Language::English)
    }
}

/// The totals per currency, in the order in which the currencies appear.
pub fn totals(entries: &[Entry]) -> Vec<Total> {
    let mut totals: Vec<Total> = Vec::new();
    for entry in entries {
        match totals.iter_mut().find(|total| total.currency == entry.currency) {
            Some(total) => {
                total.debits = total.debits.and_then(|sum| sum.checked_add(entry.amount.0));
                total.balance = entry.balance_after;
            }
            None => totals.push(Total {
                currency: entry.currency,
                debits: Some(entry.amount.0),
                balance: entry.balance_after,
            }),
        }
    }
    totals
}
