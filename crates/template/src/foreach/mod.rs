//! `Fn::ForEach` of the transform `AWS::LanguageExtensions`. Loops are expanded before the rest of the template is
//! read, as in `CloudFormation`, which expands them before SAM's transform (SAM developer guide, "`CloudFormation`
//! language extensions support"). The rules come from `CloudFormation`'s template reference ("`Fn::ForEach`" with its
//! examples) and otherwise from its RFC 0009 (github.com/aws-cloudformation/cfn-language-discussion).

mod copies;
mod turn;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

pub(super) use copies::{Copies, written_line};
use turn::Turn;

use super::TemplateSettings;
use super::error::{Fault, Located, Result};
use super::scope::Scope;
use super::sections;
use super::yaml::{Entry, Node, Value};

const PREFIX: &str = "Fn::ForEach::";
/// The sections that may have loops, in the order of expansion: Conditions first, because collections may use them.
const SECTIONS: [&str; 3] = ["Conditions", "Outputs", "Resources"];
/// SAM developer guide, "`CloudFormation` language extensions support".
const MAX_NESTING: usize = 5;
/// `CloudFormation` user guide, "Understand `CloudFormation` quotas".
const MAX_RESOURCES: usize = 500;

/// Expands the loops in the template's sections. `copies` records the copies, even if a fault ends the expansion.
pub(super) fn expand<'a>(
    written: &'a [Entry],
    settings: &TemplateSettings,
    copies: &mut Copies,
) -> Result<Cow<'a, [Entry]>> {
    if !sections::language_extensions(written)? {
        let reason = "it needs the transform AWS::LanguageExtensions; add it to Transform before AWS's other transforms";
        refuse(written, reason)?;
        return Ok(Cow::Borrowed(written));
    }
    let loops = |entry: &Entry| SECTIONS.iter().position(|name| *name == entry.key);
    let (mut with_loops, mut expanded): (Vec<_>, Vec<_>) =
        written.iter().cloned().partition(|entry| loops(entry).is_some());
    refuse(
        &expanded,
        "CloudFormation accepts loops only in Conditions, Resources and Outputs; write the entries out",
    )?;
    with_loops.sort_by_key(loops);
    for section in with_loops {
        let scope = Scope::new(&expanded, settings, Path::new(""))?;
        let node = Expander { scope: &scope, copies }.section(&section)?;
        expanded.push(Entry { node, ..section });
    }
    Ok(Cow::Owned(expanded))
}

/// An error for the first loop in `entries`, if there is one.
fn refuse(entries: &[Entry], reason: &str) -> Result<()> {
    for entry in entries {
        if entry.key.starts_with(PREFIX) {
            return Err(refused(entry.line, &entry.key, reason));
        }
        refuse_within(&entry.node, reason)?;
    }
    Ok(())
}

fn refuse_within(node: &Node, reason: &str) -> Result<()> {
    match &node.value {
        Value::Map(entries) => refuse(entries, reason),
        Value::List(items) => items.iter().try_for_each(|item| refuse_within(item, reason)),
        Value::Scalar(_) | Value::Null => Ok(()),
    }
}

fn refused(line: usize, name: impl Into<String>, reason: impl Into<String>) -> Located {
    Located::new(line, Fault::Refused { name: name.into(), reason: reason.into() })
}

struct Expander<'a> {
    /// The scope for collections; it has no resources.
    scope: &'a Scope<'a>,
    copies: &'a mut Copies,
}

/// A loop as written in the template.
struct Loop<'a> {
    name: &'a str,
    line: usize,
    identifier: &'a str,
    collection: &'a Node,
    body: &'a [Entry],
}

/// The entries of a map so far, without duplicates.
#[derive(Default)]
struct Entries {
    all: Vec<Entry>,
    lines: BTreeMap<String, usize>,
}

impl Expander<'_> {
    fn section(&mut self, section: &Entry) -> Result<Node> {
        let mut node = self.node(&section.node, &Turn::default())?;
        let Value::Map(entries) = &mut node.value else { return Ok(node) };
        let is_id = |entry: &Entry| entry.key.chars().all(|one| one.is_ascii_alphanumeric());
        if let Some(copy) = entries.iter().find(|entry| Copies::has(entry.line) && !is_id(entry)) {
            let reason = "CloudFormation accepts only letters and digits; use &{Identifier}, which drops everything else";
            return Err(refused(copy.line, &copy.key, reason));
        }
        if section.key == "Resources" {
            if let Some(beyond) = entries.get(MAX_RESOURCES) {
                let fault = Fault::TooBig { limit: MAX_RESOURCES, what: "resources" };
                return Err(Located::new(beyond.line, fault));
            }
            entries.iter_mut().try_for_each(|resource| self.settle_condition(resource))?;
        }
        Ok(node)
    }

    /// In a loop, a resource's Condition may be a function that returns the condition's name or `AWS::NoValue`.
    fn settle_condition(&self, resource: &mut Entry) -> Result<()> {
        let Value::Map(attributes) = &mut resource.node.value else { return Ok(()) };
        let Some(at) = attributes.iter().position(|entry| entry.key == "Condition") else { return Ok(()) };
        match self.scope.resolve(&attributes[at].node)? {
            Some(name) => attributes[at].node = name,
            None => drop(attributes.remove(at)),
        }
        Ok(())
    }

    fn node(&mut self, node: &Node, turn: &Turn) -> Result<Node> {
        let line = turn.line(node.line);
        if let Some(value) = turn.reference(node) {
            return self.text(line, value.to_owned(), false);
        }
        let value = match &node.value {
            Value::Scalar(text) => {
                let replaced = turn.replace(text);
                let plain = node.plain && replaced == *text;
                return self.text(line, replaced, plain);
            }
            Value::Null => Value::Null,
            Value::List(items) => {
                Value::List(items.iter().map(|item| self.node(item, turn)).collect::<Result<_>>()?)
            }
            Value::Map(entries) => {
                let mut expanded = Entries::default();
                self.entries(entries, turn, None, &mut expanded)?;
                Value::Map(expanded.all)
            }
        };
        self.copies.charge(line, 1)?;
        Ok(Node { line, value, plain: node.plain })
    }

    fn text(&mut self, line: usize, text: String, plain: bool) -> Result<Node> {
        self.copies.charge(line, text.len() + 1)?;
        Ok(Node { plain, ..Node::scalar(line, text) })
    }

    /// Adds the expanded `entries`, which are the body of the loop `of` if that is given.
    fn entries(
        &mut self,
        entries: &[Entry],
        turn: &Turn,
        of: Option<&Loop<'_>>,
        expanded: &mut Entries,
    ) -> Result<()> {
        for entry in entries {
            let line = turn.line(entry.line);
            if let Some(name) = entry.key.strip_prefix(PREFIX) {
                self.repeat(&Loop::read(name, line, &entry.node)?, turn, expanded)?;
                continue;
            }
            let key = turn.replace(&entry.key);
            if let Some(around) = of {
                check_key(&entry.key, &key, line, around)?;
            }
            self.copies.charge(line, key.len())?;
            let node = self.node(&entry.node, turn)?;
            if let Some(first) = expanded.lines.insert(key.clone(), line) {
                let first = format!("on {}", self.copies.place(first));
                return Err(Located::new(line, Fault::Clash { name: key, first }));
            }
            expanded.all.push(Entry { key, line, node });
        }
        Ok(())
    }

    fn repeat(&mut self, written: &Loop<'_>, turn: &Turn, expanded: &mut Entries) -> Result<()> {
        let Loop { name, line, identifier, .. } = *written;
        if turn.depth() == MAX_NESTING {
            let fault = Fault::TooBig { limit: MAX_NESTING, what: "levels of nested loops" };
            return Err(Located::new(line, fault));
        }
        let other = if turn.knows(identifier) { "an outer loop's identifier" } else { "a parameter" };
        if turn.knows(identifier) || self.scope.parameters.contains_key(identifier) {
            let reason = format!("it is also {other}; rename it");
            return Err(refused(line, format!("the identifier {identifier} of the loop {name}"), reason));
        }
        let items = self.collection(written, turn)?;
        // SAM's CLI silently accepts an empty collection (SAM developer guide, "Validation errors").
        if items.is_empty() {
            self.copies
                .note(line, format!("the loop {name} creates nothing because its collection is empty"));
        }
        for item in items {
            let next = turn.with(identifier, item);
            let copy = self.copies.begin(line, format!("the loop {name} with {next}"))?;
            self.entries(written.body, &next.in_copy(copy), Some(written), expanded)?;
        }
        Ok(())
    }

    fn collection(&mut self, written: &Loop<'_>, turn: &Turn) -> Result<Vec<String>> {
        let name = format!("the collection of the loop {}", written.name);
        let node = self.node(written.collection, turn)?;
        let resolved = self.scope.resolve(&node).map_err(|located| match located.fault {
            Fault::Unknown { kind: "parameter or resource", name: unknown } => {
                let reason = format!(
                    "{unknown} is not a parameter, and resources are not available here; list the values"
                );
                refused(located.line, &name, reason)
            }
            fault => Located::new(located.line, fault),
        })?;
        let resolved = resolved.ok_or_else(|| Located::kind(node.line, &name, "a list"))?;
        let items = resolved.list(&name)?.iter();
        items.map(|item| Ok(item.text(&format!("a value in {name}"))?.to_owned())).collect()
    }
}

impl<'a> Loop<'a> {
    fn read(name: &'a str, line: usize, node: &'a Node) -> Result<Self> {
        let wrong = || {
            let name = format!("{PREFIX}{name}");
            Located::kind(line, name, "a list of an identifier, a collection and a map")
        };
        let Value::List(items) = &node.value else { return Err(wrong()) };
        let [Node { value: Value::Scalar(identifier), .. }, collection, Node { value: Value::Map(body), .. }] =
            items.as_slice()
        else {
            return Err(wrong());
        };
        if identifier.is_empty() || !identifier.chars().all(|one| one.is_ascii_alphanumeric()) {
            let what = format!("the identifier of the loop {name}");
            return Err(Located::value(line, what, identifier, "letters and digits"));
        }
        Ok(Self { name, line, identifier, collection, body })
    }
}

/// Checks that a key in a loop's body contains the loop's identifier, so that it differs in every turn.
fn check_key(written: &str, key: &str, line: usize, of: &Loop<'_>) -> Result<()> {
    let Loop { name, identifier, .. } = of;
    let markers = ["$", "&"].map(|sign| format!("{sign}{{{identifier}}}"));
    if !markers.iter().any(|marker| written.contains(marker)) {
        let reason = format!("a key in the loop {name} needs {} or {}", markers[0], markers[1]);
        return Err(refused(line, written, reason));
    }
    match turn::next_marker(key) {
        Some((_, unknown)) => {
            Err(Located::new(line, Fault::Unknown { kind: "identifier", name: unknown.to_owned() }))
        }
        None => Ok(()),
    }
}
