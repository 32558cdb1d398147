//! Evaluates `Fn::Select`, `Fn::Split`, `Fn::FindInMap`, `Fn::ImportValue`, `Fn::Length`, `Fn::ToJsonString` and
//! `Fn::Base64`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value as Json;

use super::error::{Fault, Located, Result};
use super::scope::Scope;
use super::yaml::{Node, Value, find};

impl Scope<'_> {
    pub(super) fn select(&self, argument: &Node) -> Result<Node> {
        const NAME: &str = "Fn::Select";
        let [index, items] = argument.list(NAME)? else {
            return Err(Located::kind(argument.line, NAME, "a list of an index and a list"));
        };
        let index = self.value(index, NAME)?;
        let items = self.value(items, NAME)?;
        let (text, items) = (index.text(NAME)?, items.list(NAME)?);
        let item = text.parse().ok().and_then(|at: usize| items.get(at));
        let expected = || format!("an index from 0 in a list of {}", items.len());
        item.cloned().ok_or_else(|| Located::value(argument.line, NAME, text, expected()))
    }

    pub(super) fn split(&self, argument: &Node) -> Result<Node> {
        const NAME: &str = "Fn::Split";
        let wrong = || Located::kind(argument.line, NAME, "a list of a delimiter and a string");
        let [delimiter, text] = argument.list(NAME)? else { return Err(wrong()) };
        let delimiter = delimiter.text(NAME)?;
        if delimiter.is_empty() {
            return Err(wrong());
        }
        let text = self.value(text, NAME)?;
        let parts = text.text(NAME)?.split(delimiter).map(|part| Node::scalar(argument.line, part));
        Ok(Node::new(argument.line, Value::List(parts.collect())))
    }

    /// Supports the fourth argument `DefaultValue` of the transform `AWS::LanguageExtensions`, which may be
    /// `AWS::NoValue`.
    pub(super) fn find_in_map(&self, argument: &Node) -> Result<Option<Node>> {
        const NAME: &str = "Fn::FindInMap";
        let (keys, default) = match argument.list(NAME)? {
            keys @ [_, _, _] => (keys, None),
            [keys @ .., default] if keys.len() == 3 => (keys, find(default.map(NAME)?, "DefaultValue")),
            _ => return Err(Located::kind(argument.line, NAME, "a list of a mapping and two keys")),
        };
        let keys = keys
            .iter()
            .map(|key| Ok(self.value(key, NAME)?.text(NAME)?.to_owned()))
            .collect::<Result<Vec<_>>>()?;
        let mut found = find(self.mappings, &keys[0]);
        for key in &keys[1..] {
            found = found.map(|node| node.map("Mappings")).transpose()?.and_then(|map| find(map, key));
        }
        match (found, default) {
            (Some(node), _) => Ok(Some(node.clone())),
            (None, Some(default)) => self.resolve(default),
            (None, None) => {
                let fault = Fault::Unknown { kind: "mapping", name: keys.join(".") };
                Err(Located::new(argument.line, fault))
            }
        }
    }

    /// Other stacks' exports are unknown, so the export's name stands in for the value where stand-ins are allowed.
    pub(super) fn import(&self, argument: &Node) -> Result<Node> {
        const NAME: &str = "Fn::ImportValue";
        let name = self.value(argument, NAME)?.text(NAME)?.to_owned();
        self.stand_in(argument.line, format!("{NAME} of {name}"), name)
    }

    /// `Fn::Length` of the transform `AWS::LanguageExtensions`.
    pub(super) fn length(&self, argument: &Node) -> Result<Node> {
        const NAME: &str = "Fn::Length";
        let items = self.value(argument, NAME)?.list(NAME)?.len();
        Ok(Node { plain: true, ..Node::scalar(argument.line, items.to_string()) })
    }

    pub(super) fn to_json_string(&self, argument: &Node) -> Result<Node> {
        let value = self.value(argument, "Fn::ToJsonString")?;
        Ok(Node::scalar(argument.line, json(&value).to_string()))
    }

    pub(super) fn base64(&self, argument: &Node) -> Result<Node> {
        const NAME: &str = "Fn::Base64";
        let value = self.value(argument, NAME)?;
        Ok(Node::scalar(argument.line, STANDARD.encode(value.text(NAME)?)))
    }

    pub(super) fn value(&self, node: &Node, function: &str) -> Result<Node> {
        self.resolve(node)?
            .ok_or_else(|| Located::kind(node.line, function, "a value other than AWS::NoValue"))
    }
}

/// Converts a value to JSON. Numbers, `true` and `false` keep their type if they are written without quotes.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Scalar(text) if node.plain => match serde_json::from_str(text) {
            Ok(value @ (Json::Number(_) | Json::Bool(_))) => value,
            _ => Json::from(text.as_str()),
        },
        Value::Scalar(text) => Json::from(text.as_str()),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), json(&entry.node))).collect(),
    }
}
