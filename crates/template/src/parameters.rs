//! The section Parameters: given values override defaults and are checked against the declaration.

use std::collections::BTreeMap;

use super::error::{Fault, Located, Result};
use super::yaml::{Entry, Node, Value, comma_list, find};

/// A declared parameter.
pub(super) struct Parameter {
    pub line: usize,
    /// `None` if it has no default and no given value.
    value: Option<Value>,
    /// Whether the value is the name of a Systems Manager parameter instead of its value.
    pub unknown: bool,
    list: bool,
    /// Whether it only identifies an AWS resource that does not exist locally.
    pub of_aws: bool,
}

impl Parameter {
    /// Its value. A missing value is an error only when it is used, so that unused ones, e.g. a subnet's id, need not
    /// be made up.
    pub fn value(&self, name: &str) -> Result<Node> {
        let missing = || Located::new(self.line, Fault::MissingParameter { name: name.to_owned() });
        self.value.clone().map(|value| Node::new(self.line, value)).ok_or_else(missing)
    }

    /// Whether it has neither a default nor a given value.
    pub fn is_unset(&self) -> bool {
        self.value.is_none()
    }

    /// Its name, in place of its value.
    pub fn placeholder(&self, name: &str) -> Node {
        let text = Value::Scalar(name.to_owned());
        let value = if self.list { Value::List(vec![Node::new(self.line, text)]) } else { text };
        Node::new(self.line, value)
    }
}

/// The declared parameters. `given` may include parameters of other templates.
pub(super) fn values(
    declared: &[Entry],
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Parameter>> {
    declared
        .iter()
        .map(|entry| {
            let parameter = read(entry, given.get(&entry.key).map(String::as_str))?;
            Ok((entry.key.clone(), parameter))
        })
        .collect()
}

fn read(entry: &Entry, given: Option<&str>) -> Result<Parameter> {
    let name = entry.key.as_str();
    let declaration = entry.node.map(name)?;
    let kind = find(declaration, "Type").ok_or_else(|| {
        Located::new(entry.line, Fault::Missing { of: format!("parameter {name}"), name: "Type" })
    })?;
    let list = is_list(kind)?;
    let text = match (given, find(declaration, "Default")) {
        (Some(given), _) => Some(given),
        (None, Some(Node { value: Value::Null, .. })) => Some(""),
        (None, Some(default)) => Some(default.text("Default")?),
        (None, None) => None,
    };
    if let Some(text) = text {
        check(name, text, declaration)?;
        if kind.text("Type")? == "Number" {
            number(name, text, entry.line)?;
        }
    }
    let value =
        text.map(|text| if list { comma_list(entry.line, text) } else { Value::Scalar(text.to_owned()) });
    let kind = kind.text("Type")?;
    let in_systems_manager = kind.starts_with(SYSTEMS_MANAGER);
    let unknown = given.is_none() && text.is_some() && in_systems_manager;
    let of_aws = !in_systems_manager && identifies_resource(name, kind, declaration);
    Ok(Parameter { line: entry.line, value, unknown, list, of_aws })
}

/// Whether a parameter only identifies an AWS resource, by its type, e.g. `AWS::EC2::Subnet::Id`, or its name, e.g.
/// `KafkaSecretArn`. By name, this excludes numbers and parameters with `AllowedValues`.
fn identifies_resource(name: &str, kind: &str, declaration: &[Entry]) -> bool {
    const RESOURCES: [&str; 7] = ["Cluster", "Key", "Role", "Secret", "SecurityGroup", "Subnet", "Vpc"];
    let is_listed = kind == "Number" || find(declaration, "AllowedValues").is_some();
    let mut resources =
        ["Arn", "ARN", "Id", "Ids", "Name"].iter().filter_map(|suffix| name.strip_suffix(suffix));
    let is_named = resources.any(|resource| RESOURCES.iter().any(|known| resource.ends_with(known)));
    kind.starts_with("AWS::") || kind.starts_with("List<AWS::") || (is_named && !is_listed)
}

/// The default of a parameter of this type is the name of a Systems Manager parameter.
const SYSTEMS_MANAGER: &str = "AWS::SSM::Parameter::Value<";

/// Whether the type is a list. The types of AWS resources' ids and names count as strings.
fn is_list(kind: &Node) -> Result<bool> {
    let name = kind.text("Type")?;
    let inner = name.strip_prefix(SYSTEMS_MANAGER).and_then(|rest| rest.strip_suffix('>')).unwrap_or(name);
    if inner == "CommaDelimitedList" || (inner.starts_with("List<") && inner.ends_with('>')) {
        return Ok(true);
    }
    if matches!(inner, "String" | "Number") || inner.starts_with("AWS::") {
        return Ok(false);
    }
    let construct = format!("the parameter type {name}");
    Err(Located::unsupported(kind.line, construct, "use String, Number or CommaDelimitedList"))
}

fn check(name: &str, text: &str, declaration: &[Entry]) -> Result<()> {
    if let Some(allowed) = find(declaration, "AllowedValues") {
        let values = allowed.list("AllowedValues")?.iter().map(|node| node.text("AllowedValues"));
        let values = values.collect::<Result<Vec<_>>>()?;
        if !values.contains(&text) {
            let expected = format!("one of {}", values.join(", "));
            return Err(Located::value(allowed.line, format!("parameter {name}"), text, expected));
        }
    }
    for (bound, low) in [("MinValue", true), ("MaxValue", false)] {
        let Some(limit) = find(declaration, bound) else { continue };
        let value = number(name, text, limit.line)?;
        let at = number(bound, limit.text(bound)?, limit.line)?;
        if (low && value < at) || (!low && value > at) {
            let expected = format!("at {} {at}", if low { "least" } else { "most" });
            return Err(Located::value(limit.line, format!("parameter {name}"), text, expected));
        }
    }
    Ok(())
}

fn number(name: &str, text: &str, line: usize) -> Result<f64> {
    text.parse().map_err(|_| Located::value(line, format!("parameter {name}"), text, "a number"))
}
