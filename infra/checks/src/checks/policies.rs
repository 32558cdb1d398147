//! Resource policies, including the trust policies of roles, allow only this account and AWS services acting for it.

use serde_json::Value;

use super::wildcards::WITHOUT_RESOURCES;
use crate::finding::Finding;
use crate::roles::statements;
use crate::stand_ins::ACCOUNT;
use crate::template::Resource;
use crate::values::texts;
use crate::variants::Deployment;

/// Resource types, and the property with the policy.
const GUARDED: &[(&str, &str)] = &[
    ("AWS::EC2::VPCEndpoint", "PolicyDocument"),
    ("AWS::IAM::Role", "AssumeRolePolicyDocument"),
    ("AWS::KMS::Key", "KeyPolicy"),
    ("AWS::S3::BucketPolicy", "PolicyDocument"),
    ("AWS::SNS::TopicPolicy", "PolicyDocument"),
    ("AWS::SQS::QueuePolicy", "PolicyDocument"),
];
/// Services that publish to encrypted SNS topics. The topics' policies limit for which account.
const PUBLISHERS: &[&str] = &["cloudwatch.amazonaws.com", "ses.amazonaws.com"];
/// Condition operators that fail if the request lacks the key.
const STRICT: &[&str] = &["ArnEquals", "ArnLike", "StringEquals"];
/// Condition keys that name the account for which a request is made.
const OF_ACCOUNT: &[&str] =
    &["aws:PrincipalAccount", "aws:SourceAccount", "aws:SourceArn", "kms:EncryptionContext:aws:logs:arn"];

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    for (kind, property) in GUARDED {
        for (id, resource) in deployment.templates().flat_map(|it| it.of_kind(kind)) {
            let statements = statements(&resource.properties[*property]);
            if statements.is_empty() {
                found
                    .push(Finding::new(id, "has no policy, so AWS's default applies, which allows everyone"));
            }
            let open = statements.into_iter().filter(|it| it["Effect"] != "Deny");
            let open = open.filter(|it| !is_narrow(deployment, resource, it));
            found.extend(open.map(|it| Finding::new(id, format!("allows more than this account: {it}"))));
        }
    }
    found
}

fn is_narrow(deployment: &Deployment, resource: &Resource, statement: &Value) -> bool {
    let principal = &statement["Principal"];
    let is_alone = principal.as_object().is_some_and(|it| it.len() == 1);
    let services = texts(&principal["Service"]);
    let who = match resource.kind.as_str() {
        "AWS::EC2::VPCEndpoint" if *principal == "*" => is_narrow_endpoint(statement),
        _ if !is_alone => false,
        // Lambda assumes a role only for functions of the role's account.
        "AWS::EC2::VPCEndpoint" | "AWS::IAM::Role" if services == ["lambda.amazonaws.com"] => true,
        "AWS::KMS::Key" if principal["AWS"] == format!("arn:aws:iam::{ACCOUNT}:root") => return true,
        "AWS::KMS::Key" if services == PUBLISHERS => encrypts_topics(deployment, resource),
        _ => !services.is_empty() && is_of_this_account(&statement["Condition"]),
    };
    let everything = |it: &&str| *it == "*" || it.ends_with(":*");
    let is_endpoint = resource.kind == "AWS::EC2::VPCEndpoint";
    who && !texts(&statement["Action"]).is_empty()
        && (is_endpoint || !texts(&statement["Action"]).iter().any(everything))
}

/// Whether only this account may use an endpoint, or it reaches only this account's resources.
fn is_narrow_endpoint(statement: &Value) -> bool {
    let resources = texts(&statement["Resource"]);
    let of_account = format!(":{ACCOUNT}:");
    let resourceless = texts(&statement["Action"]).iter().all(|it| WITHOUT_RESOURCES.contains(it));
    let named = !resources.is_empty() && (resourceless || !resources.contains(&"*"));
    named
        && (is_of_this_account(&statement["Condition"])
            || resources.iter().all(|it| it.contains(&of_account)))
}

fn is_of_this_account(condition: &Value) -> bool {
    let of_account = format!(":{ACCOUNT}:");
    let names_it = |value| {
        let values = texts(value);
        !values.is_empty() && values.iter().all(|it| *it == ACCOUNT || it.contains(&of_account))
    };
    STRICT.iter().any(|operator| OF_ACCOUNT.iter().any(|key| names_it(&condition[*operator][*key])))
}

fn encrypts_topics(deployment: &Deployment, key: &Resource) -> bool {
    let mut topics = deployment.platform.of_kind("AWS::SNS::Topic");
    topics.any(|(_, it)| it.properties["KmsMasterKeyId"] == key.arn.as_str())
}
