//! Escaping untrusted text for the terminal.

use std::borrow::Cow;

/// Escapes control characters (as `\u{1b}`) except line breaks and tabs, so that the output of functions and texts
/// from templates cannot manipulate the terminal. This includes colours.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let harmful = |one: char| one.is_control() && !matches!(one, '\n' | '\t');
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len());
    for one in text.chars() {
        if harmful(one) {
            written.extend(one.escape_default());
        } else {
            written.push(one);
        }
    }
    Cow::Owned(written)
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn control_characters_are_escaped() {
        for (text, expected) in [
            ("plain\ttext, ü ₹\nand a line", "plain\ttext, ü ₹\nand a line"),
            ("\x1b[31mred\x1b[0m", r"\u{1b}[31mred\u{1b}[0m"),
            ("\x1b]0;title\x07", r"\u{1b}]0;title\u{7}"),
            ("over\rwritten\x08\x7f\0", r"over\rwritten\u{8}\u{7f}\u{0}"),
            ("one character\u{9b}2J", r"one character\u{9b}2J"),
        ] {
            assert_eq!(printable(text), expected);
        }
    }
}
