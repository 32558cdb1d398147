//! Permissions that a resource's name alone leaves too wide are narrowed by a condition.

use super::Finding;
use crate::roles::{Function, Grant, functions};
use crate::values::texts;
use crate::variants::Deployment;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    for function in functions(deployment) {
        for grant in function.grants(&deployment.functions) {
            if let Some(problem) = problem(&function, &grant) {
                found.push(Finding::new(function.id, problem));
            }
        }
    }
    found
}

fn problem(function: &Function<'_>, grant: &Grant) -> Option<String> {
    let Grant { action, resource, .. } = grant;
    let own_items = format!("{}#*", function.binary);
    // A function uses keys through the services that encrypt for it, never itself.
    if action.starts_with("kms:") && condition(grant, "kms:ViaService").is_empty() {
        return Some(format!("may call {action} itself: no kms:ViaService"));
    }
    // An identity may be a whole domain.
    if action == "ses:SendEmail" && condition(grant, "ses:FromAddress") != [function.variable("EMAIL_FROM")?]
    {
        return Some("may send e-mails as anybody: no ses:FromAddress of its own".to_owned());
    }
    // All functions' claims are in one table, under the function's name.
    if resource.ends_with("-idempotency") && condition(grant, "dynamodb:LeadingKeys") != [own_items.as_str()]
    {
        return Some(format!("may change other functions' claims: dynamodb:LeadingKeys is not {own_items}"));
    }
    None
}

/// What a statement demands of a key, whatever the operator.
fn condition<'a>(grant: &'a Grant, key: &str) -> Vec<&'a str> {
    let operators = grant.condition.as_object();
    operators.into_iter().flatten().flat_map(|(_, keys)| texts(&keys[key])).collect()
}
