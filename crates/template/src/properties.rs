//! Typed access to one map of properties: every property is evaluated, known to mean nothing here, noticed,
//! or an error.

use std::ops::RangeInclusive;

use super::error::{Fault, Located, Result};
use super::scope::{Place, Scope, Unset};
use super::yaml::{Entry, Node, Value, find};

/// The properties of one resource or event, evaluated one by one as they are asked for.
pub(super) struct Properties<'a> {
    scope: &'a Scope<'a>,
    entries: &'a [Entry],
    /// What they belong to, for errors.
    of: String,
    line: usize,
}

impl<'a> Properties<'a> {
    pub fn new(scope: &'a Scope<'a>, entries: &'a [Entry], of: impl Into<String>, line: usize) -> Self {
        Self { scope, entries, of: of.into(), line }
    }

    /// An error for the first property that is in neither list: misspelt, or something that would change
    /// behaviour and is not built.
    pub fn only(&self, evaluated: &[&str], meaningless_here: &[&str]) -> Result<()> {
        let known = |key: &str| evaluated.contains(&key) || meaningless_here.contains(&key);
        match self.entries.iter().find(|entry| !known(&entry.key)) {
            None => Ok(()),
            Some(entry) => Err(Located::unsupported(
                entry.line,
                format!("{} of {}", entry.key, self.of),
                "correct its spelling, or leave it out where the local stack reads the template",
            )),
        }
    }

    /// Tells of each property that is there and is `named` here.
    pub fn pass_over(&self, named: &[&str]) {
        let known = |entry: &&Entry| named.contains(&entry.key.as_str());
        self.entries.iter().filter(known).for_each(|entry| self.notice(entry));
    }

    /// Tells of each property that is in neither list.
    pub fn pass_over_others(&self, evaluated: &[&str], meaningless_here: &[&str]) {
        let other = |entry: &&Entry| ![evaluated, meaningless_here].concat().contains(&entry.key.as_str());
        self.entries.iter().filter(other).for_each(|entry| self.notice(entry));
    }

    fn notice(&self, entry: &Entry) {
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

    /// The property as written, and its line.
    pub fn written(&self, name: &str) -> Option<&'a Node> {
        find(self.entries, name)
    }

    /// The evaluated property; `None` where it is absent, null or `AWS::NoValue`.
    pub fn get(&self, name: &str) -> Result<Option<Node>> {
        let Some(node) = find(self.entries, name) else { return Ok(None) };
        Ok(self.scope.resolve(node)?.filter(|node| node.value != Value::Null))
    }

    /// Like [`Properties::get`], with a text in the place of each reference to what does not exist here.
    pub fn get_with_stand_ins(&self, name: &str, unset: Unset) -> Result<(Option<Node>, Vec<Place>)> {
        self.scope.with_stand_ins(unset, || self.get(name))
    }

    /// The property, of which only the outermost function is evaluated.
    pub fn outermost(&self, name: &str) -> Result<Option<Node>> {
        match self.written(name) {
            Some(node) if node.intrinsic().is_none() => Ok(Some(node.clone())),
            _ => self.get(name),
        }
    }

    pub fn required(&self, name: &'static str) -> Result<Node> {
        self.get(name)?.ok_or_else(|| self.missing(name))
    }

    /// The error that `name` is not there.
    pub fn missing(&self, name: &'static str) -> Located {
        Located::new(self.line, Fault::Missing { of: self.of.clone(), name })
    }

    /// A property that holds properties itself; empty where it is absent.
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

/// A name as the service takes it: `allowed` characters, up to `longest` of them.
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
