//! Typed access to a map of properties. Every property is evaluated, known to have no effect locally, reported as a
//! notice, or an error.

use std::ops::RangeInclusive;

use super::error::{Fault, Located, Result};
use super::scope::{Place, Scope, Unset};
use super::yaml::{Entry, Node, Value, find};

/// The properties of one resource or event, evaluated lazily.
pub(super) struct Properties<'a> {
    scope: &'a Scope<'a>,
    entries: &'a [Entry],
    /// What they belong to, for messages.
    of: String,
    line: usize,
}

impl<'a> Properties<'a> {
    pub fn new(scope: &'a Scope<'a>, entries: &'a [Entry], of: impl Into<String>, line: usize) -> Self {
        Self { scope, entries, of: of.into(), line }
    }

    /// An error for the first property in neither list: it is misspelt, or has an effect that is not supported.
    pub fn only(&self, evaluated: &[&str], meaningless_here: &[&str]) -> Result<()> {
        let known = |key: &str| evaluated.contains(&key) || meaningless_here.contains(&key);
        match self.entries.iter().find(|entry| !known(&entry.key)) {
            None => Ok(()),
            Some(entry) => Err(Located::unsupported(
                entry.line,
                format!("{} of {}", entry.key, self.of),
                "correct its spelling or remove it from the template that you run locally",
            )),
        }
    }

    /// Adds a notice for each existing property in `named`.
    pub fn notice(&self, named: &[&str]) {
        let known = |entry: &&Entry| named.contains(&entry.key.as_str());
        self.entries.iter().filter(known).for_each(|entry| self.notice_entry(entry));
    }

    /// Adds a notice for each property in neither list.
    pub fn notice_others(&self, evaluated: &[&str], meaningless_here: &[&str]) {
        let other = |entry: &&Entry| ![evaluated, meaningless_here].concat().contains(&entry.key.as_str());
        self.entries.iter().filter(other).for_each(|entry| self.notice_entry(entry));
    }

    fn notice_entry(&self, entry: &Entry) {
        if !matches!(self.get(&entry.key), Ok(None)) {
            self.scope.notice(entry.line, format!("{} of {}", entry.key, self.of));
        }
    }

    /// What they belong to.
    pub fn of(&self) -> &str {
        &self.of
    }

    /// The line of what they belong to.
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The property as written.
    pub fn written(&self, name: &str) -> Option<&'a Node> {
        find(self.entries, name)
    }

    /// The evaluated property; `None` if it is absent, null or `AWS::NoValue`.
    pub fn get(&self, name: &str) -> Result<Option<Node>> {
        let Some(node) = find(self.entries, name) else { return Ok(None) };
        Ok(self.scope.resolve(node)?.filter(|node| node.value != Value::Null))
    }

    /// Like [`Properties::get`], but with a stand-in for each reference to something that does not exist locally.
    pub fn get_with_stand_ins(&self, name: &str, unset: Unset) -> Result<(Option<Node>, Vec<Place>)> {
        self.scope.with_stand_ins(unset, || self.get(name))
    }

    /// The property with only its outermost function evaluated.
    pub fn outermost(&self, name: &str) -> Result<Option<Node>> {
        match self.written(name) {
            Some(node) if node.intrinsic().is_none() => Ok(Some(node.clone())),
            _ => self.get(name),
        }
    }

    pub fn required(&self, name: &'static str) -> Result<Node> {
        self.get(name)?.ok_or_else(|| self.missing(name))
    }

    /// The error for the missing property `name`.
    pub fn missing(&self, name: &'static str) -> Located {
        Located::new(self.line, Fault::Missing { of: self.of.clone(), name })
    }

    /// The properties in `node`, which is the value of the property `name`.
    pub fn inner<'b>(&self, name: &str, node: &'b Node) -> Result<Properties<'b>>
    where
        'a: 'b,
    {
        Ok(Properties::new(self.scope, node.map(name)?, format!("{name} of {}", self.of), node.line))
    }

    pub fn text(&self, name: &str) -> Result<Option<(String, usize)>> {
        let Some(node) = self.get(name)? else { return Ok(None) };
        Ok(Some((node.text(name)?.to_owned(), node.line)))
    }

    pub fn integer(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>> {
        let Some((text, line)) = self.text(name)? else { return Ok(None) };
        match text.parse() {
            Ok(value) if range.contains(&value) => Ok(Some(value)),
            _ => {
                let expected = format!("a whole number from {} to {}", range.start(), range.end());
                Err(Located::value(line, format!("{name} of {}", self.of), text, expected))
            }
        }
    }

    /// Like [`Properties::integer`], for properties that cannot be negative.
    pub fn count(&self, name: &str, range: RangeInclusive<u32>) -> Result<Option<u32>> {
        let value = self.integer(name, i64::from(*range.start())..=i64::from(*range.end()))?;
        Ok(value.and_then(|value| u32::try_from(value).ok()))
    }

    pub fn boolean(&self, name: &str) -> Result<Option<bool>> {
        match self.text(name)? {
            None => Ok(None),
            Some((text, line)) => match text.as_str() {
                "true" | "True" | "TRUE" => Ok(Some(true)),
                "false" | "False" | "FALSE" => Ok(Some(false)),
                _ => Err(Located::value(line, format!("{name} of {}", self.of), text, "true or false")),
            },
        }
    }
}

/// Checks a name: 1 to `longest` letters, digits and `allowed` characters.
pub(super) fn check_name(
    what: &str,
    name: &str,
    line: usize,
    longest: usize,
    allowed: &'static str,
) -> Result<()> {
    let fits = |one: char| one.is_ascii_alphanumeric() || allowed.contains(one);
    if !name.is_empty() && name.len() <= longest && name.chars().all(fits) {
        return Ok(());
    }
    let expected = format!("1 to {longest} letters, digits and any of {allowed}");
    Err(Located::value(line, what, name, expected))
}
