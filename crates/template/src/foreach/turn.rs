//! One turn of a loop: the values of its identifiers and the line numbers of its copies.

use std::fmt;

use super::super::yaml::{Node, Value};

/// One turn of a loop and of the loops around it. The default is outside of all loops.
#[derive(Clone, Debug, Default)]
pub(super) struct Turn {
    /// Identifiers and their values, outermost first.
    values: Vec<(String, String)>,
    /// The offset of its copies' line numbers.
    offset: usize,
}

impl Turn {
    /// The turn within this one in which `identifier` is `value`.
    pub fn with(&self, identifier: &str, value: String) -> Self {
        let values = [self.values.as_slice(), &[(identifier.to_owned(), value)]].concat();
        Self { values, offset: self.offset }
    }

    pub fn in_copy(self, offset: usize) -> Self {
        Self { offset, ..self }
    }

    /// The line number of the copy of a line.
    pub fn line(&self, written: usize) -> usize {
        self.offset + written
    }

    /// The number of nested loops.
    pub fn depth(&self) -> usize {
        self.values.len()
    }

    pub fn knows(&self, identifier: &str) -> bool {
        self.value(identifier).is_some()
    }

    fn value(&self, identifier: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == identifier).map(|(_, value)| value.as_str())
    }

    /// The value of the identifier if `node` is `Ref: Identifier`.
    pub fn reference(&self, node: &Node) -> Option<&str> {
        match node.intrinsic() {
            Some(("Ref", Node { value: Value::Scalar(name), .. })) => self.value(name),
            _ => None,
        }
    }

    /// Replaces each `${Identifier}` by its value and each `&{Identifier}` by the letters and digits of its value. The
    /// template reference allows both in keys and in values, but in deployments, `&{Identifier}` was reported to work
    /// only in keys (github.com/aws-cloudformation/cfn-language-discussion/issues/162).
    pub fn replace(&self, text: &str) -> String {
        let mut replaced = String::new();
        let mut rest = text;
        while let Some((at, name)) = next_marker(rest) {
            let (before, marker) = rest.split_at(at);
            replaced.push_str(before);
            let Some(value) = self.value(name) else {
                // An unknown marker may contain another one: `${Queue&{Identifier}.Arn}`.
                replaced.push_str(&marker[..2]);
                rest = &marker[2..];
                continue;
            };
            let strips = marker.starts_with('&');
            replaced.extend(value.chars().filter(|one| !strips || one.is_ascii_alphanumeric()));
            rest = &marker[name.len() + 3..];
        }
        replaced + rest
    }
}

/// For example `Function=email, Topic=bill.paid`.
impl fmt::Display for Turn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (identifier, value)) in self.values.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(out, "{comma}{identifier}={value}")?;
        }
        Ok(())
    }
}

/// The position of the first `${..}` or `&{..}` in a text, and the name in it.
pub(super) fn next_marker(text: &str) -> Option<(usize, &str)> {
    let at = [text.find("${"), text.find("&{")].into_iter().flatten().min()?;
    let name = &text[at + 2..];
    name.find('}').map(|end| (at, &name[..end]))
}
