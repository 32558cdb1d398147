//! The library's events: topics, and one typed payload per event.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidings_events::{Personal, Topic, catalog, id};

id!(
    /// A member of the library.
    MemberId
);

/// A book that a member has at home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loan {
    /// The member.
    pub member_id: MemberId,
    /// The member's phone number in E.164 form.
    pub member_phone: Personal,
    /// The book's title.
    pub title: String,
}

catalog! {
    /// What an event of the library says: the `data` of its envelope.
    pub enum Payload [Topic::event("book.lent"), Topic::command("reminder.send")];
    /// A member borrowed a book.
    BookLent(Loan) = "book.lent", key |it| it.member_id.as_str();
    /// A member is to be reminded of a book.
    SendReminder(Loan) = "reminder.send", key |it| it.member_id.as_str();
}

/// An event of the library.
pub type Event = tidings_events::Event<Payload>;
