//! An event's facts, formatted for a language, with the names that templates use.
//!
//! Every event has `language` (`en`) and `date`, when it happened (`15 Jan 2025, 10:30 AM`). An event about a person
//! has `name`, which is `none` if the name has no letter. The others are the [facts](Notifiable::facts) of its domain.
//! An amount of money called `amount` has three forms: `amount` (`₹5,000.00`), `amount_short` (`₹5,000`) and
//! `amount_plain` (`Rs.5000.00`).
//!
//! Text from outside (names, references, ids) is limited to one short line and never becomes a link ([`harmless`]).
//! HTML templates escape it.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use minijinja::value::Value;
use tidings_events::{Event, Fact, Notifiable};

use crate::{
    Language, amount, amount_plain, amount_short, date, date_time, harmless, harmless_id, mask, one_line,
};

/// The facts of one event by the names that templates use.
#[derive(Clone)]
pub struct Facts {
    language: Language,
    pub(crate) values: BTreeMap<String, Value>,
}

impl Facts {
    /// Reads an event's facts for its recipient's language, with times in `zone`.
    #[must_use]
    pub fn of<P: Notifiable>(event: &Event<P>, zone: &TimeZone) -> Self {
        let language = Language::of(&event.metadata);
        let mut facts = Self { language, values: BTreeMap::new() };
        facts.set("language", language.tag());
        facts.set("date", date_time(event.timestamp, zone, language));
        if let Some(recipient) = event.payload.recipient() {
            facts.set("name", greeted_name(&recipient.name));
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

    /// Adds a fact that does not come from the event, such as a link.
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
            Fact::Masked(text) => self.set(name, harmless_id(&mask(&text))),
            Fact::Id(id) => self.set(name, harmless_id(&id)),
            Fact::OneTimeCode(code) => self.set(name, shown_code(&code)),
            Fact::Name(text, or) => self.set(name, shown_name(&text).unwrap_or_else(|| harmless_id(&or))),
            Fact::Reference(text) => self.set(name, harmless_id(&text)),
            Fact::Absent => self.set(name, ()),
        }
    }
}

/// The number of digits of the shortest phone numbers with a country code.
pub const MIN_PHONE_DIGITS: usize = 7;

/// A name; none if it has neither letters nor digits. The digits of a phone number in it are masked, because phones
/// turn phone numbers into links.
fn shown_name(name: &str) -> Option<String> {
    let name = harmless(name);
    let is_phone_number = name.chars().filter(|it| it.is_numeric()).count() >= MIN_PHONE_DIGITS;
    let mask = |it: char| if is_phone_number && it.is_numeric() { 'X' } else { it };
    name.chars().any(char::is_alphanumeric).then(|| name.chars().map(mask).collect())
}

/// The name for the greeting; none if it has no letter.
fn greeted_name(name: &str) -> Option<String> {
    let is_name = name.chars().any(char::is_alphabetic);
    shown_name(name).filter(|_| is_name)
}

/// A code: unchanged if people can type it, otherwise made harmless.
fn shown_code(code: &str) -> Option<String> {
    let is_code = |it: char| it.is_ascii_alphanumeric() || it.is_numeric() || it == '-' || it == ' ';
    let code = one_line(code);
    let shown = if code.chars().all(is_code) { code } else { harmless(&code) };
    (!shown.is_empty()).then_some(shown)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Anna \u{202e}", Some("Anna"))]
    #[case("X Æ A-12", Some("X Æ A-12"))]
    #[case("\u{3164}", None)]
    #[case(" . - ", None)]
    #[case("\u{301}", None)]
    #[case("Prize! Call +1 900 555 0100", Some("Prize! Call +X XXX XXX XXXX"))]
    #[case("+1 900 555 0100", None)]
    fn a_name_to_greet_by_has_a_letter(#[case] name: &str, #[case] greeted: Option<&str>) {
        assert_eq!(greeted_name(name).as_deref(), greeted);
    }

    #[rstest]
    #[case("1&1", Some("1&1"))]
    #[case("Airtel 9876543210", Some("Airtel XXXXXXXXXX"))]
    #[case("- - -", None)]
    fn a_name_may_be_made_of_digits(#[case] name: &str, #[case] shown: Option<&str>) {
        assert_eq!(shown_name(name).as_deref(), shown);
    }

    #[rstest]
    #[case("482913", Some("482913"))]
    #[case("G-482913 ", Some("G-482913"))]
    #[case("", None)]
    #[case("\u{3164}", None)]
    #[case("482 913", Some("482 913"))]
    #[case("४८२९१३", Some("४८२९१३"))]
    #[case("https://evil.example", Some("https: / /evil. example"))]
    fn a_code_is_shown_to_the_character(#[case] code: &str, #[case] shown: Option<&str>) {
        assert_eq!(shown_code(code).as_deref(), shown);
    }
}
