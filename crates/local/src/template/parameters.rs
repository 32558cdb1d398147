//! The section Parameters: given values over defaults, checked as far as the declaration says.

use std::collections::BTreeMap;

use super::error::{Fault, Located, Result};
use super::scope::comma_list;
use super::yaml::{Entry, Node, Value, find};

/// Declares which values each parameter has; `given` may name parameters of other templates too.
pub(super) fn values(declared: &[Entry], given: &BTreeMap<String, String>) -> Result<BTreeMap<String, Node>> {
    declared
        .iter()
        .map(|entry| {
            let value = value_of(entry, given.get(&entry.key).map(String::as_str))?;
            Ok((entry.key.clone(), value))
        })
        .collect()
}

fn value_of(entry: &Entry, given: Option<&str>) -> Result<Node> {
    let name = entry.key.as_str();
    let declaration = entry.node.map(name)?;
    let kind = find(declaration, "Type").ok_or_else(|| {
        Located::new(entry.line, Fault::Missing { of: format!("parameter {name}"), name: "Type" })
    })?;
    let text = match (given, find(declaration, "Default")) {
        (Some(given), _) => given,
        (None, Some(Node { value: Value::Null, .. })) => "",
        (None, Some(default)) => default.text("Default")?,
        (None, None) => {
            return Err(Located::new(entry.line, Fault::MissingParameter { name: name.to_owned() }));
        }
    };
    check(name, text, declaration)?;
    let value = match kind.text("Type")? {
        "String" => Value::Scalar(text.to_owned()),
        "Number" => Value::Scalar(number(name, text, entry.line).map(|_| text.to_owned())?),
        "CommaDelimitedList" | "List<Number>" => comma_list(entry.line, text),
        other => {
            let construct = format!("the parameter type {other}");
            return Err(Located::unsupported(
                kind.line,
                construct,
                "use String, Number or CommaDelimitedList",
            ));
        }
    };
    Ok(Node { line: entry.line, value })
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
