//! Text from outside made safe to show: account numbers masked, free text on one line.

/// The longest free text shown, in characters; longer names do not occur, longer attacks do.
const MAX_CHARACTERS: usize = 100;

/// An account number with its middle hidden: `ACC123456` becomes `ACCXXX456`.
///
/// One that is too short to hide anything, of fewer than nine characters, is hidden whole: `XXX`.
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

/// Free text on one line of at most 100 characters: for subjects, headers, SMS and sentences.
///
/// Line breaks, control characters and runs of white space become one space, so that a name cannot add a
/// header or a line of its own. Marks that reverse the writing direction are dropped, so that a name cannot
/// reorder the text around it; the joiners that Hindi and other scripts spell with stay.
#[must_use]
pub fn one_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|it| !is_invisible(*it))
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX_CHARACTERS {
        return line;
    }
    let kept: String = line.chars().take(MAX_CHARACTERS - 3).collect();
    format!("{}...", kept.trim_end())
}

/// Directional marks, embeddings, overrides and isolates (Unicode Bidirectional Algorithm, section 2), zero
/// width spaces, and the invisible tag characters.
const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    )
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
    #[case("\r\n", "")]
    fn free_text_stays_on_its_line(#[case] text: &str, #[case] line: &str) {
        assert_eq!(one_line(text), line);
    }

    proptest! {
        #[test]
        fn a_mask_shows_at_most_six_characters(account_id in "[A-Z0-9]{0,40}") {
            let masked = mask(&account_id);
            prop_assert!(masked == "XXX" || masked.len() == 9 && &masked[3..6] == "XXX");
            prop_assert!(masked == "XXX" || account_id.len() >= 9);
        }

        #[test]
        fn no_text_breaks_its_line(text in any::<String>()) {
            let line = one_line(&text);
            prop_assert!(line.chars().count() <= MAX_CHARACTERS);
            prop_assert!(!line.chars().any(char::is_control));
            let breaks_out = line.contains(['\u{2028}', '\u{2029}', '\u{202e}']);
            prop_assert!(!breaks_out);
            prop_assert_eq!(one_line(&line), line.clone());
        }
    }
}
