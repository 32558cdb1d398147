//! What names mean within one template: parameters, pseudo parameters, conditions and resources.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::error::{Fault, Located, Result};
use super::parameters;
use super::yaml::{Entry, Node, Value, find};
use super::{ACCOUNT_ID, REGION, TemplateSettings};

/// Longest chain of conditions or names that refer to each other; keeps recursion far from the end of the stack.
const MAX_CHAIN: usize = 64;

/// One template's sections, and what was found out about them so far.
pub(super) struct Scope<'a> {
    emulator_endpoint: &'a str,
    parameters: BTreeMap<String, Node>,
    conditions: &'a [Entry],
    pub resources: Vec<Resource<'a>>,
    /// `None` while it is being worked out, so that a circle is noticed.
    settled_conditions: RefCell<BTreeMap<String, Option<bool>>>,
    settled_names: RefCell<BTreeMap<String, Option<String>>>,
    chain: Cell<usize>,
}

/// An entry of the section Resources.
pub(super) struct Resource<'a> {
    pub id: &'a str,
    pub line: usize,
    pub kind: &'a str,
    pub attributes: &'a [Entry],
}

impl<'a> Scope<'a> {
    pub fn new(template: &'a [Entry], settings: &'a TemplateSettings) -> Result<Self> {
        let section = |name: &str| find(template, name).map_or(Ok(&[] as &[Entry]), |node| node.map(name));
        Ok(Self {
            emulator_endpoint: settings.emulator_endpoint.trim_end_matches('/'),
            parameters: parameters::values(section("Parameters")?, &settings.parameters)?,
            conditions: section("Conditions")?,
            resources: section("Resources")?.iter().map(Resource::read).collect::<Result<_>>()?,
            settled_conditions: RefCell::default(),
            settled_names: RefCell::default(),
            chain: Cell::new(0),
        })
    }

    /// What `!Ref name` stands for; `None` for `AWS::NoValue`.
    pub fn reference(&self, name: &str, line: usize) -> Result<Option<Node>> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(value) = pseudo_parameter(name) {
            return Ok(Some(Node::scalar(line, value)));
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(Node { line, value: value.value.clone() }));
        }
        let resource = self.resource(name, line)?;
        let physical = self.physical_name(resource, line)?;
        let text = match resource.kind {
            "AWS::SQS::Queue" => format!("{}/{ACCOUNT_ID}/{physical}", self.emulator_endpoint),
            _ => physical,
        };
        Ok(Some(Node::scalar(line, text)))
    }

    /// What `!GetAtt id.attribute` stands for.
    pub fn attribute(&self, id: &str, attribute: &str, line: usize) -> Result<Node> {
        let resource = self.resource(id, line)?;
        let name = self.physical_name(resource, line)?;
        let text = match (resource.kind, attribute) {
            ("AWS::Serverless::Function", "Arn") => {
                format!("arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}")
            }
            ("AWS::SQS::Queue", "Arn") => format!("arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}"),
            ("AWS::SQS::Queue", "QueueName") => name,
            ("AWS::SQS::Queue", "QueueUrl") => format!("{}/{ACCOUNT_ID}/{name}", self.emulator_endpoint),
            ("AWS::DynamoDB::Table", "Arn") => format!("arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{name}"),
            ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{name}"),
            _ => {
                let construct = format!("attribute {attribute} of {id} ({})", resource.kind);
                return Err(Located::unsupported(line, construct, "use an attribute that it has: Arn"));
            }
        };
        Ok(Node::scalar(line, text))
    }

    /// Whether the condition `name` holds.
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
        let value = self.follow(line, || self.holds(&entry.node))?;
        self.settled_conditions.borrow_mut().insert(name.to_owned(), Some(value));
        Ok(value)
    }

    /// Goes one reference deeper.
    fn follow<T>(&self, line: usize, step: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.chain.get() >= MAX_CHAIN {
            return Err(Located::new(
                line,
                Fault::TooBig { limit: MAX_CHAIN, what: "references in a chain" },
            ));
        }
        self.chain.set(self.chain.get() + 1);
        let result = step();
        self.chain.set(self.chain.get() - 1);
        result
    }

    fn resource(&self, id: &str, line: usize) -> Result<&Resource<'a>> {
        let found = self.resources.iter().find(|resource| resource.id == id);
        let resource = found.ok_or_else(|| {
            Located::new(line, Fault::Unknown { kind: "parameter or resource", name: id.to_owned() })
        })?;
        if let Some(condition) = resource.condition()?
            && !self.condition(condition, line)?
        {
            let name = format!("{id} (its condition {condition} does not hold)");
            return Err(Located::new(line, Fault::Unknown { kind: "resource", name }));
        }
        Ok(resource)
    }

    /// The resource's name, or its logical id where the template leaves the name to `CloudFormation`.
    pub fn physical_name(&self, resource: &Resource<'_>, line: usize) -> Result<String> {
        let Some(property) = resource.name_property() else {
            let construct = format!("a reference to {} ({})", resource.id, resource.kind);
            return Err(Located::unsupported(
                line,
                construct,
                "only functions, queues, tables, buckets exist here",
            ));
        };
        match self.settled_names.borrow().get(resource.id) {
            Some(Some(name)) => return Ok(name.clone()),
            Some(None) => return Err(circular(resource.id, line)),
            None => {}
        }
        self.settled_names.borrow_mut().insert(resource.id.to_owned(), None);
        let given = match find(resource.properties()?, property) {
            Some(node) => self.follow(line, || self.resolve(node))?,
            None => None,
        };
        let name = match given {
            Some(node) => node.text(property)?.to_owned(),
            None => resource.id.to_owned(),
        };
        self.settled_names.borrow_mut().insert(resource.id.to_owned(), Some(name.clone()));
        Ok(name)
    }
}

impl<'a> Resource<'a> {
    fn read(entry: &'a Entry) -> Result<Self> {
        const ATTRIBUTES: [&str; 9] = [
            "Type",
            "Properties",
            "Metadata",
            "Condition",
            "DependsOn",
            "DeletionPolicy",
            "UpdateReplacePolicy",
            "UpdatePolicy",
            "CreationPolicy",
        ];
        let attributes = entry.node.map(&entry.key)?;
        if let Some(other) = attributes.iter().find(|one| !ATTRIBUTES.contains(&one.key.as_str())) {
            let construct = format!("the resource attribute {}", other.key);
            return Err(Located::unsupported(other.line, construct, "correct or remove it"));
        }
        let kind = find(attributes, "Type").ok_or_else(|| {
            Located::new(entry.line, Fault::Missing { of: entry.key.clone(), name: "Type" })
        })?;
        Ok(Self { id: &entry.key, line: entry.line, kind: kind.text("Type")?, attributes })
    }

    pub fn properties(&self) -> Result<&'a [Entry]> {
        find(self.attributes, "Properties").map_or(Ok(&[]), |node| node.map("Properties"))
    }

    /// The name of the condition on which it exists.
    pub fn condition(&self) -> Result<Option<&'a str>> {
        find(self.attributes, "Condition").map(|node| node.text("Condition")).transpose()
    }

    fn name_property(&self) -> Option<&'static str> {
        match self.kind {
            "AWS::Serverless::Function" => Some("FunctionName"),
            "AWS::SQS::Queue" => Some("QueueName"),
            "AWS::DynamoDB::Table" => Some("TableName"),
            "AWS::S3::Bucket" => Some("BucketName"),
            _ => None,
        }
    }
}

fn circular(name: &str, line: usize) -> Located {
    Located::new(line, Fault::Circular { name: name.to_owned() })
}

fn pseudo_parameter(name: &str) -> Option<&'static str> {
    match name {
        "AWS::AccountId" => Some(ACCOUNT_ID),
        "AWS::Partition" => Some("aws"),
        "AWS::Region" => Some(REGION),
        "AWS::StackName" => Some("local"),
        "AWS::URLSuffix" => Some("amazonaws.com"),
        _ => None,
    }
}

/// The text of a list parameter, `a,b`, as its items.
pub(super) fn comma_list(line: usize, text: &str) -> Value {
    Value::List(text.split(',').map(|item| Node::scalar(line, item.trim())).collect())
}
