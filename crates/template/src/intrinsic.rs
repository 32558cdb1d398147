//! Evaluates `CloudFormation`'s intrinsic functions.

use super::error::{Fault, Located, Result};
use super::scope::Scope;
use super::yaml::{Entry, Node, Value, find};

/// The longest string that evaluation may build. All environment variables of a function together may have 4 KB.
const MAX_TEXT: usize = 64 * 1024;

impl Scope<'_> {
    /// The value with its functions evaluated; `None` for `AWS::NoValue`, which removes the property.
    pub fn resolve(&self, node: &Node) -> Result<Option<Node>> {
        if let Some((name, argument)) = node.intrinsic() {
            return self.call(name, argument, node.line);
        }
        let value = match &node.value {
            Value::List(items) => Value::List(self.resolve_all(items)?),
            Value::Map(entries) => Value::Map(self.resolve_entries(entries)?),
            plain => plain.clone(),
        };
        Ok(Some(Node { line: node.line, value, plain: node.plain }))
    }

    fn resolve_all(&self, items: &[Node]) -> Result<Vec<Node>> {
        items.iter().filter_map(|item| self.resolve(item).transpose()).collect()
    }

    fn resolve_entries(&self, entries: &[Entry]) -> Result<Vec<Entry>> {
        entries
            .iter()
            .filter_map(|entry| {
                let node = self.resolve(&entry.node).transpose()?;
                Some(node.map(|node| Entry { key: entry.key.clone(), line: entry.line, node }))
            })
            .collect()
    }

    fn call(&self, name: &str, argument: &Node, line: usize) -> Result<Option<Node>> {
        match name {
            // With the transform `AWS::LanguageExtensions`, the arguments of Ref and Fn::GetAtt may be functions.
            "Ref" => self.reference(self.value(argument, name)?.text(name)?, line),
            "Fn::GetAtt" => self.get_att(argument).map(Some),
            "Fn::Sub" => self.substitute(argument).map(Some),
            "Fn::Join" => self.join(argument).map(Some),
            "Fn::Select" => self.select(argument).map(Some),
            "Fn::Split" => self.split(argument).map(Some),
            "Fn::FindInMap" => self.find_in_map(argument),
            "Fn::ImportValue" => self.import(argument).map(Some),
            "Fn::Length" => self.length(argument).map(Some),
            "Fn::ToJsonString" => self.to_json_string(argument).map(Some),
            "Fn::Base64" => self.base64(argument).map(Some),
            "Fn::If" => match argument.list("Fn::If")? {
                [condition, then, otherwise] => {
                    let holds = self.condition(condition.text("Fn::If")?, condition.line)?;
                    self.resolve(if holds { then } else { otherwise })
                }
                _ => Err(Located::kind(line, "Fn::If", "a list of a condition and two values")),
            },
            other => Err(Located::unsupported(
                line,
                other,
                "use Ref, Fn::Sub, Fn::GetAtt, Fn::If, Fn::Join, Fn::Select, Fn::Split or Fn::FindInMap",
            )),
        }
    }

    fn get_att(&self, argument: &Node) -> Result<Node> {
        const NAME: &str = "Fn::GetAtt";
        let argument = self.value(argument, NAME)?;
        let pair = match &argument.value {
            Value::Scalar(text) => text.split_once('.'),
            Value::List(items) => match items.as_slice() {
                [id, attribute] => Some((id.text(NAME)?, attribute.text(NAME)?)),
                _ => None,
            },
            _ => None,
        };
        let (id, attribute) = pair.ok_or_else(|| Located::kind(argument.line, NAME, "Resource.Attribute"))?;
        self.attribute(id, attribute, argument.line)
    }

    fn join(&self, argument: &Node) -> Result<Node> {
        let wrong = || Located::kind(argument.line, "Fn::Join", "a list of a delimiter and a list");
        let [delimiter, items] = argument.list("Fn::Join")? else { return Err(wrong()) };
        let items = self.resolve(items)?.ok_or_else(wrong)?;
        let mut joined = String::new();
        for (index, item) in items.list("Fn::Join")?.iter().enumerate() {
            if index > 0 {
                joined.push_str(delimiter.text("Fn::Join")?);
            }
            append(&mut joined, item.text("Fn::Join")?, argument.line)?;
        }
        Ok(Node::scalar(argument.line, joined))
    }

    fn substitute(&self, argument: &Node) -> Result<Node> {
        let (pattern, own) = match &argument.value {
            Value::List(items) => match items.as_slice() {
                [pattern, own] => (pattern.text("Fn::Sub")?, own.map("Fn::Sub")?),
                _ => {
                    return Err(Located::kind(
                        argument.line,
                        "Fn::Sub",
                        "a string, or a list of a string and a map",
                    ));
                }
            },
            _ => (argument.text("Fn::Sub")?, &[] as &[Entry]),
        };
        let mut built = String::new();
        let mut rest = pattern;
        while let Some(start) = rest.find("${") {
            append(&mut built, &rest[..start], argument.line)?;
            let after = &rest[start + 2..];
            let end = after.find('}').ok_or_else(|| {
                Located::value(argument.line, "Fn::Sub", pattern, "a string in which every ${ is closed")
            })?;
            let name = after[..end].trim();
            append(&mut built, &self.variable(name, own, argument.line)?, argument.line)?;
            rest = &after[end + 1..];
        }
        append(&mut built, rest, argument.line)?;
        Ok(Node::scalar(argument.line, built))
    }

    /// The value of `${name}`. `${!name}` is the literal `${name}`, and `${id.attribute}` is a `GetAtt`.
    fn variable(&self, name: &str, own: &[Entry], line: usize) -> Result<String> {
        if let Some(literal) = name.strip_prefix('!') {
            return Ok(format!("${{{literal}}}"));
        }
        let value = match (find(own, name), name.split_once('.')) {
            (Some(node), _) => self.resolve(node)?,
            (None, Some((id, attribute))) => Some(self.attribute(id, attribute, line)?),
            (None, None) => self.reference(name, line)?,
        };
        let value = value.ok_or_else(|| Located::kind(line, format!("${{{name}}}"), "a single value"))?;
        Ok(value.text(name)?.to_owned())
    }
}

fn append(built: &mut String, more: &str, line: usize) -> Result<()> {
    if built.len() + more.len() > MAX_TEXT {
        return Err(Located::new(line, Fault::TooBig { limit: MAX_TEXT, what: "characters in one value" }));
    }
    built.push_str(more);
    Ok(())
}
