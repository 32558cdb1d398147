//! Account, region and ARNs of everything local.

/// The account that everything local belongs to; AWS emulators take it as their default.
pub const ACCOUNT_ID: &str = "000000000000";
/// The region that everything local is in.
pub const REGION: &str = "us-east-1";

/// The ARN of a function, or of its alias or version where the name ends in `:{qualifier}`.
#[must_use]
pub fn lambda_arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}")
}

/// The ARN of a queue.
#[must_use]
pub fn sqs_arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}")
}

/// The ARN of a notification topic.
#[must_use]
pub fn sns_arn(name: &str) -> String {
    format!("arn:aws:sns:{REGION}:{ACCOUNT_ID}:{name}")
}
