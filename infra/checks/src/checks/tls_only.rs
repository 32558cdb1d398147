//! Every bucket, queue and notification topic refuses requests without TLS.

use serde_json::{Value, json};

use crate::finding::Finding;
use crate::roles::statements;
use crate::template::{Resource, Template};
use crate::values::texts;
use crate::variants::Deployment;

/// A resource type, the type of its policies, and the policy's property that names the resource.
const GUARDED: &[(&str, &str, &str)] = &[
    ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
    ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
    ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
];

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    deployment.templates().flat_map(in_template).collect()
}

fn in_template(template: &Template) -> Vec<Finding> {
    let mut found = Vec::new();
    for (kind, policy_kind, property) in GUARDED {
        for (id, resource) in template.of_kind(kind) {
            let refused = template
                .of_kind(policy_kind)
                .filter(|(_, policy)| {
                    texts(&policy.properties[*property]).iter().any(|it| names(it, resource))
                })
                .flat_map(|(_, policy)| statements(&policy.properties["PolicyDocument"]))
                .any(|statement| refuses_plain(statement, resource));
            if !refused {
                found.push(Finding::new(id, "accepts requests without TLS: no policy denies them"));
            }
        }
    }
    found
}

/// Whether a reference (a name, a URL or an ARN) is to the resource.
fn names(reference: &str, resource: &Resource) -> bool {
    reference.rsplit(['/', ':']).next() == Some(resource.name.as_str())
}

fn refuses_plain(statement: &Value, resource: &Resource) -> bool {
    let resources = texts(&statement["Resource"]);
    let objects_too =
        resource.kind != "AWS::S3::Bucket" || resources.contains(&format!("{}/*", resource.arn).as_str());
    let service = resource.arn.split(':').nth(2).unwrap_or_default();
    let action = statement["Action"].as_str().unwrap_or_default();
    statement["Effect"] == "Deny"
        && statement["Principal"] == "*"
        // No other condition that would limit the denial.
        && statement["Condition"] == json!({"Bool": {"aws:SecureTransport": "false"}})
        && (action == format!("{service}:*") || action == "sns:Publish")
        && resources.contains(&resource.arn.as_str())
        && objects_too
}
