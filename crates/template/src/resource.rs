//! One entry of the section Resources.

use super::error::{Fault, Located, Result};
use super::yaml::{Entry, find};

/// A resource as written, before evaluation.
pub(super) struct Resource<'a> {
    pub id: &'a str,
    pub line: usize,
    pub kind: &'a str,
    attributes: &'a [Entry],
}

impl<'a> Resource<'a> {
    pub fn read(entry: &'a Entry) -> Result<Self> {
        const ATTRIBUTES: [&str; 12] = [
            "Type",
            "Properties",
            "Metadata",
            "Condition",
            "DependsOn",
            "DeletionPolicy",
            "UpdateReplacePolicy",
            "UpdatePolicy",
            "CreationPolicy",
            "Description",
            // SAM's attributes for permissions between resources and for ignored Globals.
            "Connectors",
            "IgnoreGlobals",
        ];
        if entry.key.starts_with("Fn::") {
            let construct = format!("{} in Resources", entry.key);
            return Err(Located::unsupported(entry.line, construct, "write the resources out"));
        }
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
        self.section("Properties")
    }

    pub fn metadata(&self) -> Result<&'a [Entry]> {
        self.section("Metadata")
    }

    fn section(&self, name: &str) -> Result<&'a [Entry]> {
        find(self.attributes, name).map_or(Ok(&[]), |node| node.map(name))
    }

    /// The name of its condition.
    pub fn condition(&self) -> Result<Option<&'a str>> {
        find(self.attributes, "Condition").map(|node| node.text("Condition")).transpose()
    }

    /// The entries of `globals` that apply to it. `IgnoreGlobals` is `"*"` or a list of properties.
    pub fn applicable(&self, globals: &[Entry]) -> Result<Vec<Entry>> {
        const NAME: &str = "IgnoreGlobals";
        let Some(node) = find(self.attributes, NAME) else { return Ok(globals.to_vec()) };
        if node.text(NAME).is_ok_and(|text| text == "*") {
            return Ok(Vec::new());
        }
        let ignored = node.list(NAME)?.iter().map(|one| one.text(NAME)).collect::<Result<Vec<_>>>()?;
        Ok(globals.iter().filter(|entry| !ignored.contains(&entry.key.as_str())).cloned().collect())
    }

    /// Whether it may be part of a Kafka trigger.
    pub fn is_function_or_mapping(&self) -> bool {
        matches!(
            self.kind,
            "AWS::Serverless::Function" | "AWS::Lambda::Function" | "AWS::Lambda::EventSourceMapping"
        )
    }

    /// The property with its name; `None` for a resource that does not exist locally.
    pub fn name_property(&self) -> Option<&'static str> {
        match self.kind {
            "AWS::Serverless::Function" | "AWS::Lambda::Function" => Some("FunctionName"),
            "AWS::Lambda::Alias" => Some("Name"),
            "AWS::SQS::Queue" => Some("QueueName"),
            "AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable" => Some("TableName"),
            "AWS::S3::Bucket" => Some("BucketName"),
            "AWS::SNS::Topic" | "AWS::MSK::Topic" => Some("TopicName"),
            "AWS::MSK::Cluster" | "AWS::MSK::ServerlessCluster" => Some("ClusterName"),
            _ => None,
        }
    }

    /// The property that makes it a FIFO queue or topic, whose generated name ends in `.fifo`.
    pub fn fifo_property(&self) -> Option<&'static str> {
        match self.kind {
            "AWS::SQS::Queue" => Some("FifoQueue"),
            "AWS::SNS::Topic" => Some("FifoTopic"),
            _ => None,
        }
    }
}
