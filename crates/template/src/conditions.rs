//! Evaluates the section Conditions: `Fn::Equals`, `Fn::Not`, `Fn::And`, `Fn::Or` and `Condition`.

use super::error::{Fault, Located, Result};
use super::scope::{Scope, circular};
use super::yaml::{Entry, Node, Value};

impl Scope<'_> {
    /// Whether the condition `name` is true.
    pub fn condition(&self, name: &str, line: usize) -> Result<bool> {
        let entry =
            self.conditions.iter().find(|entry| entry.key == name).ok_or_else(|| {
                Located::new(line, Fault::Unknown { kind: "condition", name: name.to_owned() })
            })?;
        match self.settled_conditions.borrow().get(name) {
            Some(Some(value)) => return Ok(*value),
            Some(None) => return Err(circular(name, line)),
            None => {}
        }
        self.settled_conditions.borrow_mut().insert(name.to_owned(), None);
        let value = self.follow(line, || self.holds(&entry.node));
        let mut settled = self.settled_conditions.borrow_mut();
        match &value {
            Ok(value) => settled.insert(name.to_owned(), Some(*value)),
            Err(_) => settled.remove(name),
        };
        value
    }

    fn holds(&self, node: &Node) -> Result<bool> {
        let entries = node.map("a condition")?;
        let [Entry { key, node: argument, line }] = entries else {
            return Err(Located::kind(node.line, "a condition", "one function call"));
        };
        match key.as_str() {
            "Condition" => self.condition(argument.text(key)?, *line),
            "Fn::Equals" => match argument.list(key)? {
                [left, right] => Ok(self.operand(left)? == self.operand(right)?),
                _ => Err(Located::kind(*line, key, "a list of two values")),
            },
            "Fn::Not" => match argument.list(key)? {
                [one] => Ok(!self.holds(one)?),
                _ => Err(Located::kind(*line, key, "a list of one condition")),
            },
            "Fn::And" | "Fn::Or" => {
                let all =
                    argument.list(key)?.iter().map(|one| self.holds(one)).collect::<Result<Vec<_>>>()?;
                Ok(if key == "Fn::And" { all.iter().all(|one| *one) } else { all.contains(&true) })
            }
            other => Err(Located::unsupported(
                *line,
                format!("{other} in a condition"),
                "use Fn::Equals, Fn::Not, Fn::And, Fn::Or or Condition",
            )),
        }
    }

    fn operand(&self, node: &Node) -> Result<String> {
        match self.resolve(node)? {
            Some(Node { value: Value::Null, .. }) => Ok(String::new()),
            Some(value) => Ok(value.text("Fn::Equals")?.to_owned()),
            None => Err(Located::kind(node.line, "Fn::Equals", "a list of two values")),
        }
    }
}
