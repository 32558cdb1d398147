//! The statement as a document: first laid out as pages of positioned text, then drawn as a PDF.

mod draw;
pub mod font;
mod header;
pub mod layout;
mod page;
mod table;
mod wrap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use tidings_ledger_table::Entry;

pub use draw::DrawError;
pub use page::{Fill, Ink, Page, Text};

/// The content of a statement.
pub struct Statement {
    /// The name at the top of each page.
    pub bank_name: String,
    /// The customer's name.
    pub holder: String,
    /// The full account number.
    pub account_id: String,
    /// The first day of the period.
    pub first_day: Date,
    /// The last day of the period, inclusive.
    pub last_day: Date,
    /// When the statement was requested, which is its date of issue.
    pub requested_at: Timestamp,
    /// The zone of the entries' dates.
    pub zone: TimeZone,
    /// The id in the document's trailer.
    pub id: [u8; 16],
    /// The period's entries, ordered by time.
    pub entries: Vec<Entry>,
}

impl Statement {
    /// The statement as a PDF, with the same bytes for the same content. An unoptimised build takes up to half a second
    /// of CPU per thousand entries, so do not call it on an async thread.
    pub fn render(&self) -> Result<Vec<u8>, DrawError> {
        draw::draw(&layout::lay_out(self), self)
    }
}
