//! What a domain says of an event to those who write to people: whom it is about, and the facts, in no language yet.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::{Amount, Currency, Personal};

/// Somebody whom an event is about, and how to reach them.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipient {
    /// Who it is, e.g. a customer's id.
    pub id: String,
    /// Full name, as they write it.
    pub name: Personal,
    /// E-mail address.
    pub email: Personal,
    /// Phone number in E.164 form.
    pub phone: Personal,
}

/// One thing that an event says, before it is put into the words and forms of a language.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// An amount of money.
    Money(Amount, Currency),
    /// A day.
    Day(Date),
    /// A number.
    Number(Decimal),
    /// One of the domain's own codes, e.g. why something failed.
    Code(String),
    /// An account number or the like, of which only the ends are shown.
    Masked(String),
    /// An id.
    Id(String),
    /// A code that the recipient types in somewhere, to the character.
    OneTimeCode(Personal),
    /// Somebody's name, and what is shown where none can be.
    Name(Personal, String),
    /// A reference in somebody's own words.
    Reference(Personal),
    /// That an optional field is absent.
    Absent,
}

/// Payloads that can be turned into messages to people.
pub trait Notifiable {
    /// The person to tell; `None` where the event does not say how to reach them.
    fn recipient(&self) -> Option<Recipient>;

    /// What it says, by the names that templates use.
    fn facts(&self) -> Vec<(&'static str, Fact)>;
}
