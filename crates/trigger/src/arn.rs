//! The account, region and ARNs of local resources.

/// The account of all local resources. It is the default account of AWS emulators.
pub const ACCOUNT_ID: &str = "000000000000";
/// The region of all local resources.
pub const REGION: &str = "us-east-1";

/// The ARN of a function, or of its alias or version if the name ends in `:{qualifier}`.
#[must_use]
pub fn lambda_arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}")
}

/// The ARN of an SQS queue.
#[must_use]
pub fn sqs_arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}")
}

/// The ARN of an SNS topic.
#[must_use]
pub fn sns_arn(name: &str) -> String {
    format!("arn:aws:sns:{REGION}:{ACCOUNT_ID}:{name}")
}
