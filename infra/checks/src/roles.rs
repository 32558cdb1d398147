//! What the functions' roles allow.

use serde_json::Value;

use crate::stand_ins::{REGION, pseudo_parameter};
use crate::template::{Resource, Template};
use crate::values::{one_or_more, texts};
use crate::variants::Deployment;

/// A function with its role.
pub struct Function<'a> {
    /// Its logical id.
    pub id: &'a str,
    /// Its name without project and stage, which its binary has too.
    pub binary: &'a str,
    /// The function.
    pub resource: &'a Resource,
    /// Its role, where that is one of the template.
    pub role: Option<(&'a str, &'a Resource)>,
}

/// One action that a role allows on one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// E.g. `sqs:SendMessage`.
    pub action: String,
    /// An ARN; with `!` before it where the statement says `NotResource`.
    pub resource: String,
    /// The statement's condition, or null.
    pub condition: Value,
}

/// The functions of a deployment.
#[must_use]
pub fn functions(deployment: &Deployment) -> Vec<Function<'_>> {
    let template = &deployment.functions;
    template
        .of_kind("AWS::Lambda::Function")
        .map(|(id, resource)| Function {
            id,
            binary: resource.name.splitn(3, '-').nth(2).unwrap_or(&resource.name),
            resource,
            role: role(template, resource),
        })
        .collect()
}

fn role<'a>(template: &'a Template, function: &Resource) -> Option<(&'a str, &'a Resource)> {
    template.of_kind("AWS::IAM::Role").find(|(_, role)| function.properties["Role"] == role.arn.as_str())
}

impl Function<'_> {
    /// A variable of its environment.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.resource.properties["Environment"]["Variables"][name].as_str()
    }

    /// Where it sends spans, if it does.
    #[must_use]
    pub fn spans_endpoint(&self) -> Option<&str> {
        self.variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").filter(|it| !it.is_empty())
    }

    /// Whether it sends spans to `CloudWatch` and not to a collector.
    #[must_use]
    pub fn sends_spans_to_cloudwatch(&self) -> bool {
        let (start, domain) = (format!("https://xray.{REGION}."), pseudo_parameter("AWS::URLSuffix"));
        let host = self.spans_endpoint().and_then(|it| it.strip_prefix(&start)?.split('/').next());
        host.is_some() && host == domain
    }

    /// What its role allows, one action and resource at a time.
    #[must_use]
    pub fn grants(&self, template: &Template) -> Vec<Grant> {
        let Some((_, role)) = self.role else { return Vec::new() };
        let shared = texts(&role.properties["ManagedPolicyArns"]);
        let shared =
            template.of_kind("AWS::IAM::ManagedPolicy").filter(|(_, it)| shared.contains(&it.arn.as_str()));
        documents(role)
            .into_iter()
            .chain(shared.flat_map(|(_, it)| documents(it)))
            .flat_map(statements)
            .flat_map(grants)
            .collect()
    }

    /// The mappings that invoke it, with their logical ids.
    pub fn mappings<'a>(&self, template: &'a Template) -> Vec<(&'a str, &'a Resource)> {
        let is_own = |it: &Value| it == self.resource.name.as_str() || it == self.resource.arn.as_str();
        let all = template.of_kind("AWS::Lambda::EventSourceMapping");
        all.filter(|(_, mapping)| is_own(&mapping.properties["FunctionName"])).collect()
    }
}

/// The policies that a role has alone, or the one that a managed policy is.
#[must_use]
pub fn documents(resource: &Resource) -> Vec<&Value> {
    let inline = resource.properties["Policies"].as_array().into_iter().flatten();
    inline.map(|policy| &policy["PolicyDocument"]).chain(resource.properties.get("PolicyDocument")).collect()
}

/// A policy's statements, which may be a list or one.
#[must_use]
pub fn statements(document: &Value) -> Vec<&Value> {
    one_or_more(&document["Statement"])
}

/// The statements of the policy of the key that a resource names by its ARN.
#[must_use]
pub fn key_policy<'a>(deployment: &'a Deployment, named: &Value) -> Vec<&'a Value> {
    let keys = deployment.platform.of_kind("AWS::KMS::Key");
    keys.filter(|(_, it)| *named == *it.arn)
        .flat_map(|(_, it)| statements(&it.properties["KeyPolicy"]))
        .collect()
}

/// Whether a policy's statement allows a service an action.
#[must_use]
pub fn lets(statement: &Value, service: &str, action: &str) -> bool {
    statement["Effect"] == "Allow"
        && texts(&statement["Principal"]["Service"]).contains(&service)
        && texts(&statement["Action"]).contains(&action)
}

/// Whether a statement's condition on an ARN holds for this one.
#[must_use]
pub fn comes_from(statement: &Value, key: &str, arn: &str) -> bool {
    let patterns = ["ArnLike", "StringEquals"].map(|operator| texts(&statement["Condition"][operator][key]));
    patterns.concat().iter().any(|it| it.strip_suffix('*').map_or(*it == arn, |start| arn.starts_with(start)))
}

fn grants(statement: &Value) -> Vec<Grant> {
    let mut resources: Vec<String> = texts(&statement["Resource"]).into_iter().map(str::to_owned).collect();
    resources.extend(texts(&statement["NotResource"]).into_iter().map(|it| format!("!{it}")));
    let mut found = Vec::new();
    for action in texts(&statement["Action"]).into_iter().filter(|_| statement["Effect"] == "Allow") {
        for resource in &resources {
            found.push(Grant {
                action: action.to_owned(),
                resource: resource.clone(),
                condition: statement["Condition"].clone(),
            });
        }
    }
    found
}
