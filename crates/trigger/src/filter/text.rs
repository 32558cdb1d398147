//! String matching.

use super::fault::Fault;

/// The operand of `wildcard`, in which `*` matches any characters or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wildcard {
    /// The text must start with this.
    head: String,
    /// The parts after each asterisk. They must follow in this order, the last one at the end of the text.
    rest: Vec<String>,
}

impl Wildcard {
    /// Parses a wildcard. `\*` is an asterisk and `\\` a backslash.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let mut parts = vec![String::new()];
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '*' if characters.peek() == Some(&'*') => return Err(Fault::ConsecutiveWildcards),
                '*' => parts.push(String::new()),
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '\\')) => push(&mut parts, escaped),
                    _ => return Err(Fault::WildcardEscape),
                },
                other => push(&mut parts, other),
            }
        }
        let rest = parts.split_off(1);
        Ok(Self { head: parts.concat(), rest })
    }

    pub(super) fn accepts(&self, text: &str) -> bool {
        let Some((tail, middle)) = self.rest.split_last() else { return text == self.head };
        let Some(mut left) = text.strip_prefix(self.head.as_str()) else { return false };
        for part in middle {
            match left.find(part.as_str()) {
                Some(start) => left = &left[start + part.len()..],
                None => return false,
            }
        }
        left.ends_with(tail.as_str())
    }
}

fn push(parts: &mut [String], character: char) {
    if let Some(part) = parts.last_mut() {
        part.push(character);
    }
}

/// Chosen: letters are equal if their Unicode lower case is equal. AWS does not document the behaviour beyond ASCII.
pub(super) fn same_ignoring_case(left: &str, right: &str) -> bool {
    lower(left).eq(lower(right))
}

pub(super) fn starts_ignoring_case(text: &str, prefix: &str) -> bool {
    let mut text = lower(text);
    lower(prefix).all(|letter| text.next() == Some(letter))
}

pub(super) fn ends_ignoring_case(text: &str, suffix: &str) -> bool {
    let mut text = lower(text).rev();
    lower(suffix).rev().all(|letter| text.next() == Some(letter))
}

fn lower(text: &str) -> impl DoubleEndedIterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}
