//! Makes text from outside safe to show: masks account numbers, puts free text on one line and prevents links.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        DefaultIgnorableCodePoint, GeneralCategoryGroup, NoncharacterCodePoint, PrependedConcatenationMark,
    },
};

/// The most characters of free text that are shown: longer than any real name.
const MAX_CHARACTERS: usize = 100;

/// Full stops that separate the labels of a domain (Unicode Technical Standard 46, section 2.3, and the characters
/// that its mapping table maps to a full stop).
const DOTS: [char; 6] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}', '\u{2024}', '\u{fe52}'];
/// The characters after a scheme or a user, in every width.
const COLONS_AND_ATS: [char; 6] = [':', '\u{ff1a}', '\u{fe55}', '@', '\u{ff20}', '\u{fe6b}'];
const SLASHES: [char; 2] = ['/', '\\'];

/// An account number with its middle hidden: `ACC123456` becomes `ACCXXX456`.
///
/// A number with fewer than nine characters is hidden entirely: `XXX`.
#[must_use]
pub fn mask(account_id: &str) -> String {
    let characters: Vec<char> = account_id.chars().collect();
    if characters.len() < 9 {
        return "XXX".to_owned();
    }
    let first: String = characters[..3].iter().collect();
    let last: String = characters[characters.len() - 3..].iter().collect();
    format!("{first}XXX{last}")
}

/// Free text on one line of at most 100 characters.
///
/// Line breaks, control characters and runs of white space become one space, so that a name cannot add a header or a
/// line. Invisible characters are dropped, including those that reverse the writing direction, so that a name cannot
/// reorder the text around it. U+FFFD, which replaces truncated text, is dropped too. The joiners that Hindi and other
/// scripts need are kept.
#[must_use]
pub fn one_line(text: &str) -> String {
    bounded(visible(text))
}

/// Free text for messages: [on one line](one_line), and without anything that a mail program or a phone turns into a
/// link to a site or a mail address. The text stays readable: `https://evil.example` becomes `https: / /evil. example`.
#[must_use]
pub fn harmless(text: &str) -> String {
    bounded(unlinked(&visible(text)))
}

/// An id or a reference, unchanged unless a mail program or a phone would turn it into a link; then [`harmless`].
#[must_use]
pub fn harmless_id(id: &str) -> String {
    let line = one_line(id);
    let is_domain = |rest: &str| rest.chars().take(2).filter(|it| it.is_alphabetic()).count() == 2;
    let is_address = line.matches('.').count() >= 3;
    let has_scheme = ["mailto:", "tel:", "sms:"].iter().any(|it| line.to_ascii_lowercase().contains(it));
    let has_root = line.contains("//") || line.contains("\\\\");
    let is_link = line.split(DOTS).skip(1).any(is_domain) || is_address || has_scheme || has_root;
    if is_link { harmless(&line) } else { line }
}

fn visible(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        let last = line.chars().next_back();
        if is_blank(character) {
            if last.is_some_and(|last| last != ' ') {
                line.push(' ');
            }
        } else if !is_invisible(character) || last.is_some_and(|last| joins(character, last)) {
            line.push(character);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// White space, control characters, and blank letters and symbols.
fn is_blank(character: char) -> bool {
    character.is_control()
        || character.is_whitespace()
        || matches!(character, '\u{2800}' | '\u{13441}' | '\u{13442}' | '\u{1d159}')
}

fn is_invisible(character: char) -> bool {
    let is_format = GeneralCategoryGroup::Format.contains(CodePointMapData::new().get(character));
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
        || (is_format && !CodePointSetData::new::<PrependedConcatenationMark>().contains(character))
        || GeneralCategoryGroup::PrivateUse.contains(CodePointMapData::new().get(character))
        || CodePointSetData::new::<NoncharacterCodePoint>().contains(character)
        || character == char::REPLACEMENT_CHARACTER
}

/// Whether an invisible character belongs to the letter or symbol before it: one joiner or variation selector after a
/// letter, and the parts of emoji. After a part of an address, none does.
fn joins(character: char, last: char) -> bool {
    let follows_address = last.is_ascii() || DOTS.contains(&last) || COLONS_AND_ATS.contains(&last);
    let is_tag = |it| matches!(it, '\u{e0020}'..='\u{e007f}');
    match character {
        // The tags of a flag emoji.
        _ if is_tag(character) => last == '\u{1f3f4}' || is_tag(last),
        '\u{200d}' if last == '\u{fe0f}' => true,
        '\u{200c}'
        | '\u{200d}'
        | '\u{180b}'..='\u{180d}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0100}'..='\u{e01ef}' => !follows_address && !is_invisible(last),
        _ => false,
    }
}

/// Inserts a space wherever an address would continue.
fn unlinked(line: &str) -> String {
    let mut unlinked = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        unlinked.push(character);
        let goes_on = characters.peek().is_some_and(|next| match character {
            _ if DOTS.contains(&character) => next.is_alphanumeric(),
            _ if COLONS_AND_ATS.contains(&character) => *next != ' ',
            _ => SLASHES.contains(&character) && SLASHES.contains(next),
        });
        if goes_on {
            unlinked.push(' ');
        }
    }
    unlinked
}

fn bounded(line: String) -> String {
    if line.chars().count() <= MAX_CHARACTERS {
        return line;
    }
    let kept: String = line.chars().take(MAX_CHARACTERS - 3).collect();
    format!("{}...", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ACC123456", "ACCXXX456")]
    #[case("ACC1234567890", "ACCXXX890")]
    #[case("ACC12345", "XXX")]
    #[case("ABCDEF", "XXX")]
    #[case("", "XXX")]
    fn the_middle_is_hidden(#[case] account_id: &str, #[case] masked: &str) {
        assert_eq!(mask(account_id), masked);
    }

    #[rstest]
    #[case("Jane Smith", "Jane Smith")]
    #[case("  Jane\r\nBcc: all@example.com\t", "Jane Bcc: all@example.com")]
    #[case("a\u{2028}b\u{85}c\0d\u{b}e", "a b c d e")]
    #[case("\u{202e}htimS\u{202c} enaJ", "htimS enaJ")]
    #[case("क्‍षमा शर्मा", "क्‍षमा शर्मा")]
    #[case("👩‍🚀 ❤️", "👩‍🚀 ❤️")]
    #[case("❤️‍🔥 🏳️‍🌈 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️‍🔥 🏳️‍🌈 🏴󠁧󠁢󠁥󠁮󠁧󠁿")]
    #[case("葛󠄀城 ᠠ᠋", "葛󠄀城 ᠠ᠋")]
    #[case("۝١ ؀", "۝١ ؀")]
    #[case("é\u{e0041}\u{e0042}❤\u{fe0f}\u{fe0f}\u{fe0f}क\u{200d}\u{200d}", "é❤\u{fe0f}क\u{200d}")]
    #[case("\u{13441}\u{13430}\u{1d159}\u{e000}\u{ffff}\u{fdd0}", "")]
    #[case("\r\n", "")]
    #[case("\u{3164}\u{115f}\u{1160}\u{ffa0}\u{2800}\u{ad}\u{34f}\u{180e}\u{2063}\u{e0041}\u{fff9}", "")]
    #[case("\u{200d}\u{fe0f}A\u{200b}n\u{200d}n\u{ad}a\u{3164} \u{200d}", "Anna")]
    #[case("Lunch \u{fffd}", "Lunch")]
    fn free_text_stays_on_its_line(#[case] text: &str, #[case] line: &str) {
        assert_eq!(one_line(text), line);
    }

    #[rstest]
    #[case(
        "user, verify here: https://evil.example/login",
        "user, verify here: https: / /evil. example/login"
    )]
    #[case("www.evil.example", "www. evil. example")]
    #[case("a@evil.example", "a@ evil. example")]
    #[case("mailto:a@evil.example", "mailto: a@ evil. example")]
    #[case("//evil.example \\\\evil\\share", "/ /evil. example \\ \\evil\\share")]
    #[case("evil\u{3002}example evil\u{ff0e}example", "evil\u{3002} example evil\u{ff0e} example")]
    #[case("evil.\u{200d}example \u{3002}\u{200d}example", "evil. example \u{3002} example")]
    #[case("evil\u{200b}.\u{2060}example", "evil. example")]
    #[case("http://127.0.0.1:80", "http: / /127. 0. 0. 1: 80")]
    #[case("J.R.R. Tolkien", "J. R. R. Tolkien")]
    #[case("City Power & Light Ltd. (East/West)", "City Power & Light Ltd. (East/West)")]
    fn no_link_is_left(#[case] text: &str, #[case] line: &str) {
        assert_eq!(harmless(text), line);
    }

    #[rstest]
    #[case("TXN-987654321", "TXN-987654321")]
    #[case("TXN.1:2", "TXN.1:2")]
    #[case("ops@2026.1", "ops@2026.1")]
    #[case("www.evil.example", "www. evil. example")]
    #[case("a@evil.example", "a@ evil. example")]
    #[case("127.0.0.1", "127. 0. 0. 1")]
    #[case("tel:19005550100", "tel: 19005550100")]
    #[case("INV.2025.001", "INV.2025.001")]
    #[case("//evil", "/ /evil")]
    #[case("evil\u{3002}рф", "evil\u{3002} рф")]
    #[case(" a\u{202e}b\n", "ab")]
    fn an_id_is_shown_to_the_character_unless_it_is_a_link(#[case] id: &str, #[case] shown: &str) {
        assert_eq!(harmless_id(id), shown);
    }

    /// Counts links by another project's rules for the links of mail programs.
    fn links(text: &str) -> usize {
        linkify::LinkFinder::new().url_must_have_scheme(false).links(text).count()
    }

    proptest! {
        #[test]
        fn no_id_becomes_a_link(id in "([a-z]{1,3}|\\.|:|/|@|www|https?|com|[0-9]){0,20}") {
            let shown = harmless_id(&id);
            prop_assert_eq!(links(&shown), 0, "{}", shown);
        }

        #[test]
        fn no_text_becomes_a_link(text in prop_oneof![
            any::<String>(),
            "([a-z]{1,3}|\\.|:|/|@|www|https?|[\u{3002}\u{200d}\u{ff0e}é0-9 -]|com){0,30}",
        ]) {
            let line = harmless(&text);
            prop_assert_eq!(links(&line), 0, "{}", line);
            prop_assert!(line.chars().count() <= MAX_CHARACTERS);
            prop_assert_eq!(harmless(&line), line.clone());
        }

        #[test]
        fn a_mask_shows_at_most_six_characters(account_id in "[A-Z0-9]{0,40}") {
            let masked = mask(&account_id);
            prop_assert!(masked == "XXX" || masked.len() == 9 && &masked[3..6] == "XXX");
            prop_assert!(masked == "XXX" || account_id.len() >= 9);
        }

        #[test]
        fn text_stays_on_one_line(text in any::<String>()) {
            let line = one_line(&text);
            prop_assert!(line.chars().count() <= MAX_CHARACTERS);
            prop_assert!(!line.chars().any(char::is_control));
            let breaks_out = line.contains(['\u{2028}', '\u{2029}', '\u{202e}', '\u{3164}', '\u{fffd}']);
            prop_assert!(!breaks_out);
            prop_assert_eq!(one_line(&line), line.clone());
        }
    }
}
