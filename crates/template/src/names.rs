//! Evaluates `Ref` and `Fn::GetAtt`: values of parameters, names and ARNs of resources.

use tidings_trigger::arn::{ACCOUNT_ID, REGION, lambda_arn, sns_arn, sqs_arn};

use super::error::{Fault, Located, Result};
use super::resource::Resource;
use super::scope::{Scope, Unset, circular};
use super::yaml::{Node, find};

impl Scope<'_> {
    /// The value of `!Ref name`; `None` for `AWS::NoValue`.
    pub fn reference(&self, name: &str, line: usize) -> Result<Option<Node>> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(value) = pseudo_parameter(name) {
            return Ok(Some(Node::scalar(line, value)));
        }
        if let Some(parameter) = self.parameters.get(name) {
            let placeholder = if parameter.is_unset() { self.unset(name, parameter) } else { None };
            let value = placeholder.map_or_else(|| parameter.value(name), Ok)?;
            return Ok(Some(Node { line, ..value }));
        }
        if self.made_by_sam(name) {
            return self.stand_in(line, format!("a reference to {name}"), name.to_owned()).map(Some);
        }
        // SAM's `!Ref Function.Alias` and `!Ref Function.Version` are the function's ARN with a qualifier.
        let id = name.split_once('.').map_or(name, |(id, _)| id);
        let resource = self.resource(id, line)?;
        if resource.name_property().is_none() {
            let construct = format!("a reference to {id} ({})", resource.kind);
            return self.stand_in(line, construct, id.to_owned()).map(Some);
        }
        let physical = self.physical_name(resource, line)?;
        let text = match resource.kind {
            "AWS::Serverless::Function" if id != name => lambda_arn(&physical),
            "AWS::SQS::Queue" => self.queue_url(&physical),
            "AWS::SNS::Topic" => sns_arn(&physical),
            "AWS::MSK::Cluster" | "AWS::MSK::ServerlessCluster" => cluster_arn(&physical),
            "AWS::MSK::Topic" => self.kafka_topic_arn(resource, &physical, line)?,
            "AWS::Lambda::Alias" => self.alias_arn(resource, &physical, line)?,
            _ => physical,
        };
        Ok(Some(Node::scalar(line, text)))
    }

    /// The value of `!GetAtt id.attribute`.
    pub fn attribute(&self, id: &str, attribute: &str, line: usize) -> Result<Node> {
        let construct = |kind: &str| format!("attribute {attribute} of {id} ({kind})");
        if self.made_by_sam(id) {
            return self.stand_in(line, construct("made by SAM"), format!("{id}.{attribute}"));
        }
        let resource = self.resource(id, line)?;
        if resource.name_property().is_none() {
            return self.stand_in(line, construct(resource.kind), format!("{id}.{attribute}"));
        }
        let name = self.physical_name(resource, line)?;
        let text = match (resource.kind, attribute) {
            ("AWS::Serverless::Function" | "AWS::Lambda::Function", "Arn") => lambda_arn(&name),
            ("AWS::SQS::Queue", "Arn") => sqs_arn(&name),
            ("AWS::SQS::Queue", "QueueName") | ("AWS::SNS::Topic", "TopicName") => name,
            ("AWS::SQS::Queue", "QueueUrl") => self.queue_url(&name),
            ("AWS::SNS::Topic", "TopicArn") => sns_arn(&name),
            ("AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable", "Arn") => table_arn(&name),
            ("AWS::DynamoDB::Table", "StreamArn") => {
                format!("{}/stream/2000-01-01T00:00:00.000", table_arn(&name))
            }
            ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{name}"),
            ("AWS::MSK::Cluster" | "AWS::MSK::ServerlessCluster", "Arn") => cluster_arn(&name),
            ("AWS::MSK::Topic", "TopicArn") => self.kafka_topic_arn(resource, &name, line)?,
            _ => {
                return Err(Located::unsupported(
                    line,
                    construct(resource.kind),
                    "use another attribute, e.g. Arn",
                ));
            }
        };
        Ok(Node::scalar(line, text))
    }

    /// The resource's name, or its logical id if the template leaves the name to `CloudFormation`.
    pub fn physical_name(&self, resource: &Resource<'_>, line: usize) -> Result<String> {
        match self.settled_names.borrow().get(resource.id) {
            Some(Some(name)) => return Ok(name.clone()),
            Some(None) => return Err(circular(resource.id, line)),
            None => {}
        }
        self.settled_names.borrow_mut().insert(resource.id.to_owned(), None);
        let name = self.follow(line, || self.work_out_name(resource));
        let mut settled = self.settled_names.borrow_mut();
        match &name {
            Ok(name) => settled.insert(resource.id.to_owned(), Some(name.clone())),
            Err(_) => settled.remove(resource.id),
        };
        name
    }

    fn work_out_name(&self, resource: &Resource<'_>) -> Result<String> {
        let properties = resource.properties()?;
        let resolve = |property| find(properties, property).map_or(Ok(None), |node| self.resolve(node));
        let resolved = |property| match resource.kind {
            // The name does not matter, because the local cluster is used instead.
            "AWS::MSK::Cluster" | "AWS::MSK::ServerlessCluster" => {
                self.with_stand_ins(Unset::Any, || resolve(property)).map(|(name, _)| name)
            }
            _ => resolve(property),
        };
        if let Some(property) = resource.name_property()
            && let Some(name) = resolved(property)?
        {
            return Ok(name.text(property)?.to_owned());
        }
        let fifo = match resource.fifo_property() {
            Some(property) => {
                resolved(property)?.is_some_and(|node| node.text(property).is_ok_and(|text| text == "true"))
            }
            None => false,
        };
        Ok(match resource.kind {
            _ if fifo => format!("{}.fifo", resource.id),
            "AWS::S3::Bucket" => bucket_name(resource.id),
            _ => resource.id.to_owned(),
        })
    }

    /// The ARN of the cluster in `node`. The local cluster is used instead, so an unknown ARN may be built from any
    /// name, e.g. that of an import.
    pub fn cluster(&self, node: &Node) -> Result<Option<Node>> {
        let (resolved, _) = self.with_stand_ins(Unset::Any, || self.resolve(node))?;
        let Some(resolved) = resolved else { return Ok(None) };
        let text = resolved.text("the cluster")?;
        let arn = if text.starts_with("arn:") { text.to_owned() } else { cluster_arn(text) };
        Ok(Some(Node::scalar(resolved.line, arn)))
    }

    /// Whether SAM generates this resource: an implicit API, or a function's role, version or alias (SAM developer
    /// guide, "Generated AWS CloudFormation resources").
    fn made_by_sam(&self, id: &str) -> bool {
        const IMPLICIT: [&str; 3] =
            ["ServerlessRestApi", "ServerlessHttpApi", "ServerlessDeploymentApplication"];
        let of_function = |resource: &Resource<'_>| {
            let rest = id.strip_prefix(resource.id).unwrap_or_default();
            resource.kind == "AWS::Serverless::Function"
                && (rest == "Role" || rest.starts_with("Version") || rest.starts_with("Alias"))
        };
        let implicit = IMPLICIT.iter().any(|one| id.starts_with(one));
        let declared = self.resources.iter().any(|resource| resource.id == id);
        !declared && (implicit || self.resources.iter().any(of_function))
    }

    fn queue_url(&self, name: &str) -> String {
        format!("{}/{ACCOUNT_ID}/{name}", self.emulator_endpoint)
    }

    fn kafka_topic_arn(&self, resource: &Resource<'_>, name: &str, line: usize) -> Result<String> {
        let missing = || Fault::Missing { of: format!("topic {}", resource.id), name: "ClusterArn" };
        let node = find(resource.properties()?, "ClusterArn");
        let cluster = match node {
            Some(node) => self.follow(line, || self.cluster(node))?,
            None => None,
        };
        let cluster = cluster.ok_or_else(|| Located::new(resource.line, missing()))?;
        Ok(format!("{}/{name}", cluster.text("ClusterArn")?.replacen(":cluster/", ":topic/", 1)))
    }

    fn alias_arn(&self, resource: &Resource<'_>, alias: &str, line: usize) -> Result<String> {
        const NAME: &str = "FunctionName";
        let missing = || Fault::Missing { of: format!("alias {}", resource.id), name: NAME };
        let function = match find(resource.properties()?, NAME) {
            Some(node) => self.follow(line, || self.resolve(node))?,
            None => None,
        };
        let function = function.ok_or_else(|| Located::new(resource.line, missing()))?;
        Ok(format!("{}:{alias}", lambda_arn(function_name(function.text(NAME)?))))
    }
}

/// The function's name in any form that Lambda accepts: name, partial or full ARN, each with or without qualifier.
pub(super) fn function_name(text: &str) -> &str {
    let unqualified = text.split_once(":function:").map_or(text, |(_, rest)| rest);
    unqualified.split_once(':').map_or(unqualified, |(name, _)| name)
}

/// A bucket name built from a logical id, in lower case and with at most 63 characters as S3 requires. Like
/// `CloudFormation`, it adds a prefix. It keeps the end of a longer id, because CDK puts a unique suffix there.
fn bucket_name(id: &str) -> String {
    const ROOM: usize = 63 - "local-".len();
    let beyond = id.chars().count().saturating_sub(ROOM);
    format!("local-{}", id.to_ascii_lowercase().chars().skip(beyond).collect::<String>())
}

fn table_arn(name: &str) -> String {
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{name}")
}

/// AWS appends a random id to a cluster's name; here it is always the same.
fn cluster_arn(name: &str) -> String {
    let name = name.replace(|one: char| !one.is_ascii_alphanumeric(), "-");
    format!("arn:aws:kafka:{REGION}:{ACCOUNT_ID}:cluster/{name}/00000000-0000-0000-0000-000000000000-1")
}

fn pseudo_parameter(name: &str) -> Option<String> {
    let value = match name {
        "AWS::AccountId" => ACCOUNT_ID,
        "AWS::Partition" => "aws",
        "AWS::Region" => REGION,
        "AWS::StackId" => {
            return Some(format!("arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/local/local"));
        }
        "AWS::StackName" => "local",
        "AWS::URLSuffix" => "amazonaws.com",
        _ => return None,
    };
    Some(value.to_owned())
}
