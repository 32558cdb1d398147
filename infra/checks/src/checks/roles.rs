//! Every function has its own role, which only Lambda can assume. Permissions are in the role or in a managed policy of
//! the template or the platform, because the other checks of permissions look nowhere else.

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::roles::{documents, functions, managed_policies, statements};
use crate::template::Template;
use crate::values::texts;
use crate::variants::Deployment;

/// Other resources that grant permissions.
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
    let mut found: Vec<_> = deployment.templates().flat_map(|it| elsewhere(deployment, it)).collect();
    found.extend(of_services(&deployment.platform));
    let mut users: BTreeMap<_, &str> = BTreeMap::new();
    for function in functions(deployment) {
        let Some((id, role)) = function.role else {
            found.push(Finding::new(function.binary, "its role is not in its template"));
            continue;
        };
        if let Some(other) = users.insert((&function.template.name, id), function.binary) {
            found.push(Finding::new(function.binary, format!("shares the role {id} with {other}")));
        }
        for statement in statements(&role.properties["AssumeRolePolicyDocument"]) {
            if texts(&statement["Principal"]["Service"]) != ["lambda.amazonaws.com"]
                || statement["Principal"]["AWS"].is_string()
            {
                found.push(Finding::new(
                    id,
                    format!("can be assumed by others than Lambda: {}", statement["Principal"]),
                ));
            }
        }
    }
    found
}

/// AWS services to which the platform gives a role, and all actions that they need.
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

/// Actions that the roles of services allow but the services do not need.
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

/// Permissions outside the roles and managed policies of the templates.
fn elsewhere(deployment: &Deployment, template: &Template) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, resource) in &template.resources {
        if ELSEWHERE.contains(&resource.kind.as_str()) {
            found.push(Finding::new(id, "grants permissions outside the roles; move them to a role"));
        }
        let attached = ["Groups", "Roles", "Users"].iter().any(|it| !resource.properties[*it].is_null());
        if resource.kind == "AWS::IAM::ManagedPolicy" && attached {
            found
                .push(Finding::new(id, "attaches itself; list it in ManagedPolicyArns of the roles instead"));
        }
        for policy in texts(&resource.properties["ManagedPolicyArns"]) {
            if !managed_policies(deployment, template).any(|it| it.arn == policy) {
                found.push(Finding::new(id, format!("uses {policy}, which is not defined in the templates")));
            }
        }
    }
    found
}
