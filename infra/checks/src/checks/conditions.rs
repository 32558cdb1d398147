//! Permissions on shared resources are limited, by a condition or in the resource's name, to the function's own part.

use crate::finding::Finding;
use crate::roles::{Function, Grant, functions};
use crate::values::texts;
use crate::variants::Deployment;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    for function in functions(deployment) {
        for grant in function.grants(deployment) {
            if let Some(problem) = problem(&function, &grant) {
                found.push(Finding::new(function.binary, problem));
            }
        }
    }
    found
}

fn problem(function: &Function<'_>, grant: &Grant) -> Option<String> {
    let Grant { action, resource, .. } = grant;
    let own_items = format!("{}#*", function.binary);
    let own_groups = format!("/{}-*", function.resource.name);
    let own_letters = format!("/dead-letters/{}/*", function.binary);
    // A function uses keys only through the services that encrypt for it.
    let through = condition(grant, "StringEquals", "kms:ViaService");
    let is_store = |it: &&str| it.split('.').next().is_some_and(|it| STORES.contains(&it));
    if action.starts_with("kms:") && (through.is_empty() || !through.iter().all(is_store)) {
        return Some(format!(
            "may call {action} directly or for services other than its stores: correct kms:ViaService"
        ));
    }
    // An SES identity may be a whole domain.
    if action == "ses:SendEmail"
        && condition(grant, "StringEquals", "ses:FromAddress") != [function.variable("EMAIL_FROM")?]
    {
        return Some(
            "may send e-mails from any address: no condition limits ses:FromAddress to EMAIL_FROM".to_owned(),
        );
    }
    // All functions' claims are in one table; their keys begin with the function's name.
    if resource.ends_with("-idempotency")
        && condition(grant, "ForAllValues:StringLike", "dynamodb:LeadingKeys") != [own_items.as_str()]
    {
        return Some(format!("may change other functions' claims: dynamodb:LeadingKeys is not {own_items}"));
    }
    if resource.contains(":group/") && !resource.ends_with(&own_groups) {
        return Some(format!("may read as other functions' consumer groups: {resource} is not {own_groups}"));
    }
    let letters = function.variable("DEAD_LETTER_BUCKET").map(|bucket| format!("arn:aws:s3:::{bucket}/"));
    if letters.is_some_and(|it| resource.starts_with(&it)) && !resource.ends_with(&own_letters) {
        return Some(format!("may write other functions' dead letters: {resource} is not {own_letters}"));
    }
    if resource.starts_with('!') && resource != PHONE_NUMBERS {
        return Some(format!(
            "may call {action} on more than phone numbers: on everything except {resource}"
        ));
    }
    None
}

/// Services that encrypt the functions' data.
const STORES: &[&str] = &["dynamodb", "s3", "sqs"];

/// Phone numbers have no ARN, so a policy names them as everything without one.
const PHONE_NUMBERS: &str = "!arn:aws:sns:*:*:*";

/// The values that a statement requires of a condition key. Operators other than the given one may accept a request
/// that lacks the key or has another value.
fn condition<'a>(grant: &'a Grant, operator: &str, key: &str) -> Vec<&'a str> {
    texts(&grant.condition[operator][key])
}
