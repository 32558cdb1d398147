//! What an event says, in the words and forms of a language, by the names that templates use.
//!
//! Every event has `language` (`en`) and `date`, when it happened (`15 Jan 2025, 10:30 AM`), and one about a person
//! has their `name`. The others are the [facts](Notifiable::facts) of its domain. An amount of money called `amount`
//! is there in three forms: `amount` (`₹5,000.00`), `amount_short` (`₹5,000`) and `amount_plain` (`Rs.5000.00`).
//!
//! What comes from outside (names, references, ids) is on one line, bounded, and nothing in it becomes a link
//! ([`harmless`]); it is escaped where it is put into HTML.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use minijinja::value::Value;
use tidings_events::{Event, Fact, Notifiable};

use crate::{Language, amount, amount_plain, amount_short, date, date_time, harmless, mask};

/// The facts of one event by the names that templates use.
#[derive(Clone)]
pub struct Facts {
    language: Language,
    pub(crate) values: BTreeMap<String, Value>,
}

impl Facts {
    /// Reads an event's facts for its recipient's language; moments are told in `zone`.
    #[must_use]
    pub fn of<P: Notifiable>(event: &Event<P>, zone: &TimeZone) -> Self {
        let language = Language::of(&event.metadata);
        let mut facts = Self { language, values: BTreeMap::new() };
        facts.set("language", language.tag());
        facts.set("date", date_time(event.timestamp, zone, language));
        if let Some(recipient) = event.payload.recipient() {
            facts.set("name", greeted_name(&recipient.name, language));
        }
        for (name, fact) in event.payload.facts() {
            facts.add(name, fact);
        }
        facts
    }

    /// The recipient's language.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// Adds a fact that the event alone does not say, such as a link.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.values.insert(name.to_owned(), value.into());
    }

    fn add(&mut self, name: &str, fact: Fact) {
        match fact {
            Fact::Money(value, currency) => {
                self.set(name, amount(value, currency, self.language));
                self.set(&format!("{name}_short"), amount_short(value, currency, self.language));
                self.set(&format!("{name}_plain"), amount_plain(value, currency, self.language));
            }
            Fact::Day(day) => self.set(name, date(day, self.language)),
            Fact::Number(number) => self.set(name, number.normalize().to_string()),
            Fact::Code(code) => self.set(name, code),
            Fact::Masked(text) => self.set(name, harmless(&mask(&text))),
            Fact::Text(text) => self.set(name, harmless(&text)),
            Fact::Absent => self.set(name, ()),
        }
    }
}

/// The digits of the shortest phone numbers that are dialled from abroad: phones make links of so many.
const PHONE_NUMBER: usize = 7;

/// The name to greet by. What has no letter and what holds a phone number is no name.
fn greeted_name(name: &str, language: Language) -> String {
    let name = harmless(name);
    let is_name = name.chars().any(char::is_alphabetic)
        && name.chars().filter(|it| it.is_numeric()).count() < PHONE_NUMBER;
    match language {
        _ if is_name => name,
        Language::English => "Customer".to_owned(),
        Language::Hindi => "ग्राहक".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Anna \u{202e}", "Anna")]
    #[case("X Æ A-12", "X Æ A-12")]
    #[case("\u{3164}", "Customer")]
    #[case(" . - ", "Customer")]
    #[case("\u{301}", "Customer")]
    #[case("Prize! Call +1 900 555 0100", "Customer")]
    fn a_greeting_has_a_name_or_is_neutral(#[case] name: &str, #[case] greeted: &str) {
        assert_eq!(greeted_name(name, Language::English), greeted);
        let neutral = if greeted == "Customer" { "ग्राहक" } else { greeted };
        assert_eq!(greeted_name(name, Language::Hindi), neutral);
    }
}
