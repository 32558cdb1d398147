//! Every function has a role of its own, which Lambda alone takes on, and what a role allows stands in it or in a
//! managed policy of the template: the checks of permissions look nowhere else.

use std::collections::BTreeMap;

use super::Finding;
use crate::roles::{functions, statements};
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

/// Permissions that do not stand in a role or in a managed policy of the template.
fn elsewhere(template: &Template) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, resource) in &template.resources {
        if ELSEWHERE.contains(&resource.kind.as_str()) {
            found.push(Finding::new(id, "allows something outside of the roles; say it in the role"));
        }
        for policy in texts(&resource.properties["ManagedPolicyArns"]) {
            if !template.of_kind("AWS::IAM::ManagedPolicy").any(|(_, it)| it.arn == policy) {
                found.push(Finding::new(id, format!("allows what {policy} does, which others decide on")));
            }
        }
    }
    found
}
