//! Evaluates `CloudFormation`'s functions, so that checks see what a deployment would create.
//!
//! Values that only AWS knows are replaced by stand-ins of the same form: a queue's ARN is made from an example account
//! and the queue's name. The local stack has an evaluator too, but that one reads YAML with positions, returns what
//! the emulator does, and would bring a Kafka client and a web server into this crate.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

use crate::stand_ins;

/// A template that cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// A parameter has neither a default nor a value.
    #[error(
        "the parameter {0} has no default and no value; give it one in infra/stages/test.toml, or the platform in infra/checks/src/variants.rs"
    )]
    NoValue(String),
    /// A name that the template does not define.
    #[error("the template has nothing named {0}; correct the reference")]
    Unknown(String),
    /// An intrinsic function with invalid arguments, or one that is not supported here.
    #[error(
        "{0} cannot be evaluated; correct its arguments, or add the function to infra/checks/src/resolve.rs"
    )]
    Unusable(String),
}

type Result<T> = std::result::Result<T, ResolveError>;

/// A template with the values of its parameters.
pub struct Resolver<'a> {
    template: &'a Value,
    parameters: BTreeMap<&'a str, Value>,
}

impl<'a> Resolver<'a> {
    /// Gives each parameter its value in `given`, or its default.
    pub fn new(template: &'a Value, given: &BTreeMap<String, String>) -> Result<Self> {
        let mut parameters = BTreeMap::new();
        for (name, declared) in template["Parameters"].as_object().into_iter().flatten() {
            let value = match (given.get(name), declared.get("Default")) {
                (Some(value), _) => value.clone(),
                (None, Some(Value::String(default))) => default.clone(),
                (None, Some(default)) => default.to_string(),
                (None, None) => return Err(ResolveError::NoValue(name.clone())),
            };
            parameters.insert(name.as_str(), typed(declared["Type"].as_str().unwrap_or_default(), value));
        }
        Ok(Self { template, parameters })
    }

    /// A value with its intrinsic functions evaluated; `None` if it is `AWS::NoValue`, which removes the property.
    pub fn resolve(&self, value: &Value) -> Result<Option<Value>> {
        match value {
            Value::Object(map) => match map.iter().next() {
                Some((name, argument)) if map.len() == 1 && is_function(name) => self.call(name, argument),
                _ => self.entries(map).map(|map| Some(Value::Object(map))),
            },
            Value::Array(items) => self.items(items).map(|items| Some(Value::Array(items))),
            plain => Ok(Some(plain.clone())),
        }
    }

    /// Whether a condition of the template holds.
    pub fn holds(&self, name: &str) -> Result<bool> {
        let rule =
            self.template["Conditions"].get(name).ok_or_else(|| ResolveError::Unknown(name.to_owned()))?;
        self.is_true(rule)
    }

    fn is_true(&self, rule: &Value) -> Result<bool> {
        let unusable = || ResolveError::Unusable(rule.to_string());
        let (name, argument) = rule.as_object().and_then(|map| map.iter().next()).ok_or_else(unusable)?;
        let parts = || argument.as_array().ok_or_else(unusable);
        match name.as_str() {
            "Condition" => self.holds(argument.as_str().ok_or_else(unusable)?),
            "Fn::Equals" => match self.items(parts()?)?.as_slice() {
                [one, other] => Ok(text(one) == text(other)),
                _ => Err(unusable()),
            },
            "Fn::Not" => self.is_true(parts()?.first().ok_or_else(unusable)?).map(|holds| !holds),
            "Fn::And" => parts()?.iter().try_fold(true, |all, part| Ok(self.is_true(part)? && all)),
            "Fn::Or" => parts()?.iter().try_fold(false, |any, part| Ok(self.is_true(part)? || any)),
            _ => Err(unusable()),
        }
    }

    fn entries(&self, map: &Map<String, Value>) -> Result<Map<String, Value>> {
        let resolved = map.iter().filter_map(|(key, value)| {
            self.resolve(value).transpose().map(|value| value.map(|value| (key.clone(), value)))
        });
        resolved.collect()
    }

    fn items(&self, items: &[Value]) -> Result<Vec<Value>> {
        items.iter().filter_map(|item| self.resolve(item).transpose()).collect()
    }

    fn call(&self, name: &str, argument: &Value) -> Result<Option<Value>> {
        let unusable = || ResolveError::Unusable(format!("{name} {argument}"));
        if name == "Ref" {
            return self.reference(argument.as_str().ok_or_else(unusable)?);
        }
        if name == "Fn::If" {
            let [Value::String(condition), then, otherwise] = list(argument) else { return Err(unusable()) };
            return self.resolve(if self.holds(condition)? { then } else { otherwise });
        }
        if name == "Fn::Sub" {
            return self.substitute(argument).map(|text| Some(Value::String(text)));
        }
        let argument = self.resolve(argument)?.ok_or_else(unusable)?;
        let value = match (name, list(&argument)) {
            ("Fn::GetAtt", [id, attribute]) => self.attribute(text(id).as_str(), text(attribute).as_str())?,
            ("Fn::GetAtt", []) => {
                let (id, attribute) =
                    argument.as_str().and_then(|it| it.split_once('.')).ok_or_else(unusable)?;
                self.attribute(id, attribute)?
            }
            ("Fn::Join", [delimiter, Value::Array(items)]) => {
                let items: Vec<_> = items.iter().map(text).collect();
                Value::String(items.join(&text(delimiter)))
            }
            ("Fn::Split", [delimiter, whole]) => text(whole).split(&text(delimiter)).collect(),
            ("Fn::Select", [index, Value::Array(items)]) => {
                let index: usize = text(index).parse().map_err(|_| unusable())?;
                items.get(index).cloned().ok_or_else(unusable)?
            }
            ("Fn::FindInMap", [map, first, second]) => {
                let found = &self.template["Mappings"][text(map)][text(first)][text(second)];
                Some(found).filter(|it| !it.is_null()).cloned().ok_or_else(unusable)?
            }
            ("Fn::Base64", _) => Value::String(BASE64_STANDARD.encode(text(&argument))),
            ("Fn::GetAZs", _) => {
                ["a", "b", "c"].map(|zone| format!("{}{zone}", stand_ins::REGION)).into_iter().collect()
            }
            ("Fn::Cidr", [_, count, _]) => {
                let count: usize = text(count).parse().map_err(|_| unusable())?;
                (0..count).map(|index| format!("10.0.{index}.0/24")).collect()
            }
            ("Fn::ToJsonString", _) => Value::String(argument.to_string()),
            _ => return Err(unusable()),
        };
        Ok(Some(value))
    }

    fn reference(&self, name: &str) -> Result<Option<Value>> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(value) = stand_ins::pseudo_parameter(name) {
            return Ok(Some(json!(value)));
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(value.clone()));
        }
        let (kind, called) = self.resource(name)?;
        Ok(Some(json!(stand_ins::reference(kind, &called))))
    }

    fn attribute(&self, id: &str, attribute: &str) -> Result<Value> {
        let (kind, called) = self.resource(id)?;
        Ok(json!(stand_ins::attribute(kind, &called, attribute)))
    }

    /// A resource's type and its name: the one in its properties, otherwise its logical id.
    fn resource(&self, id: &str) -> Result<(&'a str, String)> {
        let resource =
            self.template["Resources"].get(id).ok_or_else(|| ResolveError::Unknown(id.to_owned()))?;
        let kind = resource["Type"].as_str().unwrap_or_default();
        let named =
            stand_ins::name_properties(kind).iter().map(|property| &resource["Properties"][*property]);
        let named = named.filter(|it| !it.is_null()).filter_map(|it| self.resolve(it).transpose());
        let named = named.map(|it| it.map(|it| text(&it))).collect::<Result<Vec<_>>>()?;
        Ok((kind, if named.is_empty() { id.to_owned() } else { named.join("/") }))
    }

    fn substitute(&self, argument: &Value) -> Result<String> {
        let unusable = || ResolveError::Unusable(format!("Fn::Sub {argument}"));
        let (pattern, own) = match argument {
            Value::String(pattern) => (pattern, None),
            Value::Array(items) => match items.as_slice() {
                [Value::String(pattern), own] => (pattern, Some(own)),
                _ => return Err(unusable()),
            },
            _ => return Err(unusable()),
        };
        let mut parts = pattern.split("${");
        let mut built = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').ok_or_else(unusable)?;
            let value = match (own.and_then(|own| own.get(name)), name.split_once('.')) {
                (Some(value), _) => self.resolve(value)?,
                (None, Some((id, attribute))) => Some(self.attribute(id, attribute)?),
                (None, None) => match name.strip_prefix('!') {
                    Some(literal) => Some(json!(format!("${{{literal}}}"))),
                    None => self.reference(name)?,
                },
            };
            built += &text(&value.ok_or_else(unusable)?);
            built += rest;
        }
        Ok(built)
    }
}

fn is_function(name: &str) -> bool {
    name == "Ref" || name.starts_with("Fn::")
}

/// A parameter's value as `Ref` returns it: a list if the parameter's type is a list.
fn typed(kind: &str, value: String) -> Value {
    if kind == "CommaDelimitedList" || kind.contains("List<") {
        value.split(',').map(str::trim).collect()
    } else {
        Value::String(value)
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A scalar as `CloudFormation` inserts it into a string.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(value: &Value, size: &str) -> Option<Value> {
        let template = json!({
            "Parameters": {
                "Size": {"Type": "String"},
                "Days": {"Type": "Number", "Default": 7},
                "Subnets": {"Type": "List<AWS::EC2::Subnet::Id>", "Default": "a, b"},
            },
            "Mappings": {"Sizes": {"small": {"Brokers": 2}}},
            "Conditions": {
                "Small": {"Fn::Equals": [{"Ref": "Size"}, "small"]},
                "Large": {"Fn::Not": [{"Condition": "Small"}]},
            },
            "Resources": {
                "Letters": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "${Size}-q"}}},
                "Sold": {"Type": "AWS::MSK::Topic", "Properties": {
                    "ClusterArn": "arn:aws:kafka:eu-central-1:1:cluster/c/2", "TopicName": {"Fn::Sub": "${Size}.sold"},
                }},
            },
        });
        let given = BTreeMap::from([("Size".to_owned(), size.to_owned())]);
        Resolver::new(&template, &given).unwrap().resolve(value).unwrap()
    }

    #[test]
    fn intrinsic_functions_are_evaluated() {
        for (value, expected) in [
            (json!({"Ref": "Days"}), json!("7")),
            (json!({"Ref": "Subnets"}), json!(["a", "b"])),
            (json!({"Fn::Sub": "${Size}/${!Size}/${AWS::Region}"}), json!("small/${Size}/eu-central-1")),
            (json!({"Fn::Sub": ["${x}-${Letters.QueueName}", {"x": {"Ref": "Days"}}]}), json!("7-small-q")),
            (
                json!({"Fn::GetAtt": ["Letters", "Arn"]}),
                json!("arn:aws:sqs:eu-central-1:111122223333:small-q"),
            ),
            (json!({"Ref": "Sold"}), json!("arn:aws:kafka:eu-central-1:1:topic/c/2/small.sold")),
            (json!({"Fn::Select": ["1", {"Fn::Split": ["/", "a/b/c"]}]}), json!("b")),
            (json!({"Fn::Join": ["-", ["a", {"Ref": "Size"}]]}), json!("a-small")),
            (json!({"Fn::FindInMap": ["Sizes", {"Ref": "Size"}, "Brokers"]}), json!(2)),
            (json!({"Fn::Base64": "a=1"}), json!("YT0x")),
            (json!([{"Fn::If": ["Large", 1, {"Ref": "AWS::NoValue"}]}, 2]), json!([2])),
        ] {
            assert_eq!(resolved(&value, "small"), Some(expected), "{value}");
        }
        assert_eq!(resolved(&json!({"Fn::If": ["Large", 1, 2]}), "production"), Some(json!(1)));
        assert_eq!(resolved(&json!({"Ref": "AWS::NoValue"}), "small"), None);
    }

    #[test]
    fn missing_values_and_unknown_names_are_errors() {
        let template = json!({"Parameters": {"Stage": {"Type": "String"}}, "Resources": {}});
        let error = Resolver::new(&template, &BTreeMap::new()).err();
        assert_eq!(error, Some(ResolveError::NoValue("Stage".to_owned())));
        let given = BTreeMap::from([("Stage".to_owned(), "trial".to_owned())]);
        let resolver = Resolver::new(&template, &given).unwrap();
        assert_eq!(
            resolver.resolve(&json!({"Ref": "Stagee"})),
            Err(ResolveError::Unknown("Stagee".to_owned()))
        );
        assert!(matches!(resolver.resolve(&json!({"Fn::Len": []})), Err(ResolveError::Unusable(_))));
    }
}
