//! Every function writes to its own log group, which the template creates with a retention and a key. All logs are kept
//! as long as the platform's parameter says.

use crate::finding::Finding;
use crate::roles::{comes_from, functions, key_policy, lets};
use crate::stand_ins::REGION;
use crate::values::number;
use crate::variants::Deployment;

/// The condition key for the ARN of the log group that `CloudWatch` Logs encrypts.
const CONTEXT: &str = "kms:EncryptionContext:aws:logs:arn";

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    for function in functions(deployment) {
        let wanted = format!("/aws/lambda/{}", function.resource.name);
        if !function.template.of_kind("AWS::Logs::LogGroup").any(|(_, group)| group.name == wanted) {
            found.push(Finding::new(function.binary, format!("has no log group {wanted}")));
        }
        let named = &function.resource.properties["LoggingConfig"]["LogGroup"];
        if *named != wanted {
            found.push(Finding::new(function.binary, format!("logs to {named}, not to {wanted}")));
        }
    }
    let wanted = deployment.platform.outputs.get("SmsLogRetentionDays").and_then(|it| it.parse().ok());
    let service = format!("logs.{REGION}.amazonaws.com");
    for (id, group) in deployment.templates().flat_map(|it| it.of_kind("AWS::Logs::LogGroup")) {
        let days = number(&group.properties["RetentionInDays"]);
        if days != wanted {
            found.push(Finding::new(
                id,
                format!("keeps logs for {days:?} days; LogRetentionDays is {wanted:?}"),
            ));
        }
        let arn = group.arn.trim_end_matches(":*");
        let key = key_policy(deployment, &group.properties["KmsKeyId"]);
        let is_encrypted =
            key.iter().any(|it| lets(it, &service, "kms:GenerateDataKey*") && comes_from(it, CONTEXT, arn));
        if !is_encrypted {
            found.push(Finding::new(
                id,
                "cannot be created: its key's policy does not allow CloudWatch Logs to use it",
            ));
        }
    }
    found
}
