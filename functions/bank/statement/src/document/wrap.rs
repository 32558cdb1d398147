//! Breaks text into lines of limited width.

use super::font::Face;

const ELLIPSIS: char = '…';

/// Breaks a text into at most `max_lines` lines that are no wider than `width` points, between words or within a word
/// that is wider than a line. An ellipsis replaces text that does not fit.
pub fn wrap(text: &str, face: Face, size: f32, width: f32, max_lines: usize) -> Vec<String> {
    let text = face.shown(text);
    let fits = |line: &str| face.width(line, size) <= width;
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&longer) {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for character in word.chars() {
            line.push(character);
            if line.chars().nth(1).is_some() && !fits(&line) {
                line.pop();
                lines.push(std::mem::replace(&mut line, character.to_string()));
            }
        }
    }
    lines.push(line);
    if lines.len() > max_lines {
        lines.truncate(max_lines);
        if let Some(last) = lines.last_mut() {
            cut(last, fits);
        }
    }
    lines
}

fn cut(line: &mut String, fits: impl Fn(&str) -> bool) {
    line.push(ELLIPSIS);
    while !fits(line) && line.chars().nth(1).is_some() {
        line.pop();
        line.pop();
        line.truncate(line.trim_end().len());
        line.push(ELLIPSIS);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_stay_whole_where_they_fit() {
        let lines = wrap("Transfer to Jane Smith", Face::Regular, 10.0, 70.0, 3);
        assert_eq!(lines, ["Transfer to", "Jane Smith"]);
    }

    #[test]
    fn a_long_word_is_broken_and_a_long_text_cut() {
        let lines = wrap("WWWWWWWWWWWWWWWWWWWW and more", Face::Regular, 10.0, 50.0, 3);
        assert_eq!(lines, ["WWWWW", "WWWWW", "WWWW…"]);
    }

    #[test]
    fn a_character_without_a_glyph_is_shown_as_missing() {
        assert_eq!(wrap("आशा", Face::Bold, 10.0, 50.0, 1), ["\u{fffd}\u{fffd}\u{fffd}"]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked_for(text in "\\PC{0,200}", width in 30.0_f32..300.0, max in 1_usize..5) {
            let lines = wrap(&text, Face::Regular, 8.0, width, max);
            prop_assert!(!lines.is_empty() && lines.len() <= max);
            for line in &lines {
                prop_assert!(Face::Regular.width(line, 8.0) <= width, "{line:?}");
            }
        }

        #[test]
        fn nothing_is_lost_while_lines_are_left(text in "\\PC{0,200}") {
            let joined: String = wrap(&text, Face::Regular, 8.0, 100.0, usize::MAX).concat();
            let without_space = |text: &str| text.chars().filter(|it| !it.is_whitespace()).collect::<String>();
            prop_assert_eq!(without_space(&joined), without_space(&Face::Regular.shown(&text)));
        }
    }
}
