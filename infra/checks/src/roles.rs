//! The permissions of the functions' roles.

use serde_json::Value;

use crate::stand_ins::{REGION, pseudo_parameter};
use crate::template::{Resource, Template};
use crate::values::{one_or_more, texts};
use crate::variants::Deployment;

/// A function with its role.
pub struct Function<'a> {
    /// Its logical id.
    pub id: &'a str,
    /// The template that it is in.
    pub template: &'a Template,
    /// Its binary, which is its name without project and stage.
    pub binary: &'a str,
    /// The function.
    pub resource: &'a Resource,
    /// Its role, if that is in the template.
    pub role: Option<(&'a str, &'a Resource)>,
}

/// One action that a role allows on one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// E.g. `sqs:SendMessage`.
    pub action: String,
    /// An ARN, with a leading `!` if it is in the statement's `NotResource`.
    pub resource: String,
    /// The statement's condition, or null.
    pub condition: Value,
}

/// The functions of a deployment.
#[must_use]
pub fn functions(deployment: &Deployment) -> Vec<Function<'_>> {
    let stage = deployment.platform.outputs.get("Stage").map_or("", String::as_str);
    let prefix = format!("tidings-{stage}-");
    let all = deployment
        .templates()
        .flat_map(|template| template.of_kind("AWS::Lambda::Function").map(move |it| (template, it)));
    all.map(|(template, (id, resource))| Function {
        id,
        template,
        // A name of another form is that of no crate, which permissions_missing reports.
        binary: resource.name.strip_prefix(&prefix).unwrap_or(&resource.name),
        resource,
        role: role(template, resource),
    })
    .collect()
}

fn role<'a>(template: &'a Template, function: &Resource) -> Option<(&'a str, &'a Resource)> {
    template.of_kind("AWS::IAM::Role").find(|(_, role)| function.properties["Role"] == role.arn.as_str())
}

impl<'a> Function<'a> {
    /// The value of one of its environment variables.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&'a str> {
        self.resource.properties["Environment"]["Variables"][name].as_str()
    }

    /// The endpoint that it sends spans to, if it sends any.
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
    pub fn grants(&self, deployment: &Deployment) -> Vec<Grant> {
        let Some((_, role)) = self.role else { return Vec::new() };
        let named = texts(&role.properties["ManagedPolicyArns"]);
        let shared =
            managed_policies(deployment, self.template).filter(|it| named.contains(&it.arn.as_str()));
        documents(role)
            .into_iter()
            .chain(shared.flat_map(documents))
            .flat_map(statements)
            .flat_map(grants)
            .collect()
    }

    /// The mappings that invoke it, with their logical ids.
    pub fn mappings(&self) -> Vec<(&'a str, &'a Resource)> {
        let is_own = |it: &Value| it == self.resource.name.as_str() || it == self.resource.arn.as_str();
        let all = self.template.of_kind("AWS::Lambda::EventSourceMapping");
        all.filter(|(_, mapping)| is_own(&mapping.properties["FunctionName"])).collect()
    }
}

/// The managed policies that a role of a template may name: its own and the platform's.
pub fn managed_policies<'a>(
    deployment: &'a Deployment,
    template: &'a Template,
) -> impl Iterator<Item = &'a Resource> {
    let all = [&deployment.platform, template].into_iter();
    all.flat_map(|it| it.of_kind("AWS::IAM::ManagedPolicy")).map(|(_, it)| it)
}

/// A role's inline policies, or the one document of a managed policy.
#[must_use]
pub fn documents(resource: &Resource) -> Vec<&Value> {
    let inline = resource.properties["Policies"].as_array().into_iter().flatten();
    inline.map(|policy| &policy["PolicyDocument"]).chain(resource.properties.get("PolicyDocument")).collect()
}

/// A policy's statements, which may be a list or a single one.
#[must_use]
pub fn statements(document: &Value) -> Vec<&Value> {
    one_or_more(&document["Statement"])
}

/// The statements in the policy of the key with this ARN.
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
