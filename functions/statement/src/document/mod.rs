//! The statement as a document: laid out into pages of positioned text first, then drawn as a PDF.

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
    /// The name at the head of each page.
    pub bank_name: String,
    /// The customer's name.
    pub holder: String,
    /// The account, in full.
    pub account_id: String,
    /// The first day of the period.
    pub first_day: Date,
    /// The last day of the period, inclusive.
    pub last_day: Date,
    /// When the statement was asked for: its date of issue.
    pub requested_at: Timestamp,
    /// The zone of the entries' dates.
    pub zone: TimeZone,
    /// The document's id, in its trailer.
    pub id: [u8; 16],
    /// The period's entries in the order of time.
    pub entries: Vec<Entry>,
}

impl Statement {
    /// The statement as a PDF: the same bytes for the same content. Takes up to half a
    /// second of CPU per thousand entries when unoptimised: do not call it on an async thread.
    pub fn render(&self) -> Result<Vec<u8>, DrawError> {
        draw::draw(&layout::lay_out(self), self)
    }
}
