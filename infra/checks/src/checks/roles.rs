//! Every function has a role of its own, which Lambda alone takes on, and what a role allows stands in it or in a
//! managed policy of the template: the checks of permissions look nowhere else.

use std::collections::BTreeMap;

use super::Finding;
use crate::roles::{documents, functions, statements};
use crate::template::Template;
use crate::values::texts;
use crate::variants::Deployment;

/// Other ways to let somebody do something.
const ELSEWHERE: &[&str] = &[
    "AWS::IAM::GroupPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::User",
    "AWS::IAM::UserPolicy",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
];

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found: Vec<_> = deployment.templates().flat_map(elsewhere).collect();
    found.extend(of_services(&deployment.platform));
    let mut users: BTreeMap<&str, &str> = BTreeMap::new();
    for function in functions(deployment) {
        let Some((id, role)) = function.role else {
            found.push(Finding::new(function.id, "its role is not one of the template"));
            continue;
        };
        if let Some(other) = users.insert(id, function.id) {
            found.push(Finding::new(function.id, format!("shares the role {id} with {other}")));
        }
        for statement in statements(&role.properties["AssumeRolePolicyDocument"]) {
            if texts(&statement["Principal"]["Service"]) != ["lambda.amazonaws.com"]
                || statement["Principal"]["AWS"].is_string()
            {
                found.push(Finding::new(
                    id,
                    format!("lets others than Lambda take it on: {}", statement["Principal"]),
                ));
            }
        }
    }
    found
}

/// Services of the platform that have a role, and all that they do with it.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html>
/// <https://docs.aws.amazon.com/sns/latest/dg/sms_stats_cloudwatch.html>
/// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html>
const SERVICES: &[(&str, &[&str])] = &[
    (
        "s3.amazonaws.com",
        &[
            "kms:Decrypt",
            "kms:Encrypt",
            "s3:GetObjectLegalHold",
            "s3:GetObjectRetention",
            "s3:GetObjectVersionAcl",
            "s3:GetObjectVersionForReplication",
            "s3:GetObjectVersionTagging",
            "s3:GetReplicationConfiguration",
            "s3:ListBucket",
            "s3:ReplicateObject",
            "s3:ReplicateTags",
        ],
    ),
    ("sns.amazonaws.com", &["logs:CreateLogStream", "logs:PutLogEvents", "logs:PutMetricFilter"]),
    (
        "vpc-flow-logs.amazonaws.com",
        &["logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"],
    ),
];

/// What roles of services allow that these do not need.
fn of_services(template: &Template) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, role) in template.of_kind("AWS::IAM::Role") {
        let trusted = statements(&role.properties["AssumeRolePolicyDocument"]);
        let is_its = |service: &str| trusted.iter().all(|it| it["Principal"]["Service"] == service);
        let needed = SERVICES.iter().find(|(service, _)| is_its(service)).map_or(&[][..], |(_, all)| all);
        let actions = documents(role).into_iter().flat_map(statements).flat_map(|it| texts(&it["Action"]));
        for action in actions.filter(|it| !needed.contains(it)) {
            found.push(Finding::new(id, format!("allows {action}, which its service does not need")));
        }
    }
    found
}

/// Permissions that do not stand in a role or in a managed policy of the template.
fn elsewhere(template: &Template) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, resource) in &template.resources {
        if ELSEWHERE.contains(&resource.kind.as_str()) {
            found.push(Finding::new(id, "allows something outside of the roles; say it in the role"));
        }
        let attached = ["Groups", "Roles", "Users"].iter().any(|it| !resource.properties[*it].is_null());
        if resource.kind == "AWS::IAM::ManagedPolicy" && attached {
            found.push(Finding::new(id, "gives itself to others; let roles name it"));
        }
        for policy in texts(&resource.properties["ManagedPolicyArns"]) {
            if !template.of_kind("AWS::IAM::ManagedPolicy").any(|(_, it)| it.arn == policy) {
                found.push(Finding::new(id, format!("allows what {policy} does, which others decide on")));
            }
        }
    }
    found
}
