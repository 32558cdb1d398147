//! What functions need to write messages about an event: the recipient and the facts, independent of language.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::{Amount, Currency, Personal};

/// The person an event is about, and how to reach them.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipient {
    /// The person's id, e.g. a customer's.
    pub id: String,
    /// Full name, as the person writes it.
    pub name: Personal,
    /// E-mail address.
    pub email: Personal,
    /// Phone number in E.164 form.
    pub phone: Personal,
}

/// One fact of an event, before it is formatted for a language.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// An amount of money.
    Money(Amount, Currency),
    /// A calendar date.
    Day(Date),
    /// A number without a unit.
    Number(Decimal),
    /// One of the domain's own codes, e.g. why something failed.
    Code(String),
    /// An account number or similar, of which only the ends are shown.
    Masked(String),
    /// An id, shown in full.
    Id(String),
    /// A code that the recipient has to type exactly.
    OneTimeCode(Personal),
    /// A person's name, and a substitute if the name cannot be shown.
    Name(Personal, String),
    /// A reference that a person wrote.
    Reference(Personal),
    /// An optional field that is absent.
    Absent,
}

/// Payloads that can be turned into messages to people.
pub trait Notifiable {
    /// The person to inform; `None` if the event does not contain their contact data.
    fn recipient(&self) -> Option<Recipient>;

    /// The facts by the names that templates use.
    fn facts(&self) -> Vec<(&'static str, Fact)>;
}
