//! Parses YAML as `CloudFormation` accepts it into a tree with line numbers. Short intrinsic functions (`!Ref`) become
//! their long forms (`Ref:`, `Fn::Sub:`). Like `CloudFormation`, it rejects aliases and merge keys, which also keeps
//! the tree no larger than its text.

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::error::{Fault, Located, Result};

/// `CloudFormation`'s limit for a template in S3.
pub(super) const MAX_BYTES: usize = 1024 * 1024;
/// Deeper than any real template. Limits recursion.
const MAX_DEPTH: usize = 64;

/// A value and the line on which it starts, counted from 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub line: usize,
    pub value: Value,
    /// Whether it is written without quotes, so that `1` and `true` are not converted to JSON strings.
    pub plain: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A scalar. It is text until a property requires a number or a boolean.
    Scalar(String),
    /// `null`, `~` or nothing.
    Null,
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub key: String,
    pub line: usize,
    pub node: Node,
}

impl Node {
    pub fn new(line: usize, value: Value) -> Self {
        Self { line, value, plain: false }
    }

    pub fn scalar(line: usize, text: impl Into<String>) -> Self {
        Self::new(line, Value::Scalar(text.into()))
    }

    pub fn map(&self, name: &str) -> Result<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Ok(entries),
            Value::Null => Ok(&[]),
            _ => Err(Located::kind(self.line, name, "a map")),
        }
    }

    pub fn list(&self, name: &str) -> Result<&[Node]> {
        match &self.value {
            Value::List(items) => Ok(items),
            _ => Err(Located::kind(self.line, name, "a list")),
        }
    }

    pub fn text(&self, name: &str) -> Result<&str> {
        match &self.value {
            Value::Scalar(text) => Ok(text),
            _ => Err(Located::kind(self.line, name, "a single value")),
        }
    }

    /// The function's name and argument, if this is an intrinsic function.
    pub fn intrinsic(&self) -> Option<(&str, &Node)> {
        match &self.value {
            Value::Map(entries) => match entries.as_slice() {
                [only] if only.key == "Ref" || only.key.starts_with("Fn::") => {
                    Some((only.key.as_str(), &only.node))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// The value of `key` in a map's entries.
pub(super) fn find<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Node> {
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
}

/// A file's text. `CloudFormation` accepts only UTF-8, although YAML 1.2 allows other encodings.
pub(super) fn text(bytes: &[u8]) -> Result<&str> {
    str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
        let reason = "this line is not UTF-8; save the file as UTF-8".to_owned();
        Located::new(line, Fault::Refused { name: "the template".to_owned(), reason })
    })
}

/// Parses a text with one document. An empty text is null.
pub(super) fn parse(text: &str) -> Result<Node> {
    if text.len() > MAX_BYTES {
        return Err(Located::new(1, Fault::TooBig { limit: MAX_BYTES, what: "bytes" }));
    }
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event
            .map_err(|error| Located::new(error.marker().line(), Fault::Yaml(error.info().to_owned())))?;
        builder.event(event, span.start.line())?;
    }
    Ok(builder.root.unwrap_or_else(|| Node::new(1, Value::Null)))
}

#[derive(Default)]
struct Builder {
    root: Option<Node>,
    open: Vec<Open>,
}

/// A list or map that has not ended yet.
struct Open {
    node: Node,
    intrinsic: Option<String>,
    /// A key without its value yet.
    key: Option<(String, usize)>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, line: usize) -> Result<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let intrinsic = tag.map(|tag| intrinsic_name(&tag, line)).transpose()?.flatten();
                refuse_anchor(anchor, line)?;
                let plain = style == ScalarStyle::Plain && intrinsic.is_none();
                let null = plain && matches!(&*text, "" | "~" | "null");
                let value = if null { Value::Null } else { Value::Scalar(text.into_owned()) };
                self.finish(Node { line, value, plain }, intrinsic)
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_anchor(anchor, line)?;
                self.open(Value::List(Vec::new()), tag.as_deref(), line)
            }
            Event::MappingStart(anchor, tag) => {
                refuse_anchor(anchor, line)?;
                self.open(Value::Map(Vec::new()), tag.as_deref(), line)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.finish(open.node, open.intrinsic),
                None => Ok(()),
            },
            Event::Alias(_) => Err(aliases(line)),
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(Located::unsupported(line, "a second YAML document", "move it to a separate file"))
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, value: Value, tag: Option<&Tag>, line: usize) -> Result<()> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Located::new(line, Fault::TooBig { limit: MAX_DEPTH, what: "levels of nesting" }));
        }
        let intrinsic = tag.map(|tag| intrinsic_name(tag, line)).transpose()?.flatten();
        self.open.push(Open { node: Node::new(line, value), intrinsic, key: None });
        Ok(())
    }

    fn finish(&mut self, node: Node, intrinsic: Option<String>) -> Result<()> {
        let line = node.line;
        let node = match intrinsic {
            Some(key) => Node::new(line, Value::Map(vec![Entry { key, line, node }])),
            None => node,
        };
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut parent.node.value {
            Value::List(items) => items.push(node),
            Value::Map(entries) => match parent.key.take() {
                None => parent.key = Some((key_of(node, entries)?, line)),
                Some((key, line)) => entries.push(Entry { key, line, node }),
            },
            Value::Scalar(_) | Value::Null => {}
        }
        Ok(())
    }
}

fn key_of(node: Node, entries: &[Entry]) -> Result<String> {
    let line = node.line;
    let Value::Scalar(key) = node.value else {
        return Err(Located::kind(line, "a key", "a single value"));
    };
    if key == "<<" {
        return Err(Located::unsupported(line, "the merge key <<", "write the properties out"));
    }
    if find(entries, &key).is_some() {
        return Err(Located::new(line, Fault::Duplicate { name: key }));
    }
    Ok(key)
}

fn refuse_anchor(anchor: usize, line: usize) -> Result<()> {
    if anchor == 0 { Ok(()) } else { Err(aliases(line)) }
}

fn aliases(line: usize) -> Located {
    Located::unsupported(line, "YAML anchors and aliases (nor does CloudFormation)", "write the value out")
}

/// The long form of a tag: `!Sub` is `Fn::Sub`. Only `Ref` and `Condition` have no prefix.
fn intrinsic_name(tag: &Tag, line: usize) -> Result<Option<String>> {
    const HARMLESS: [&str; 7] = ["str", "int", "bool", "float", "null", "map", "seq"];
    if tag.is_yaml_core_schema() && HARMLESS.contains(&tag.suffix.as_str()) {
        return Ok(None);
    }
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("!", name @ ("Ref" | "Condition")) => Ok(Some(name.to_owned())),
        ("!", name) if !name.is_empty() => Ok(Some(format!("Fn::{name}"))),
        _ => Err(Located::unsupported(line, format!("the tag {tag}"), "remove it")),
    }
}

/// The items of a list parameter's text, e.g. `a,b`.
pub(super) fn comma_list(line: usize, text: &str) -> Value {
    Value::List(text.split(',').map(|item| Node::scalar(line, item.trim())).collect())
}
