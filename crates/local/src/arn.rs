//! Account, region and ARNs of everything local.

/// The account that everything local belongs to; AWS emulators take it as their default.
pub const ACCOUNT_ID: &str = "000000000000";
/// The region that everything local is in.
pub const REGION: &str = "us-east-1";

/// The ARN of a function, or of its alias or version where the name ends in `:{qualifier}`.
pub(crate) fn lambda_arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}")
}

/// The ARN of a queue.
pub(crate) fn sqs_arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}")
}

/// The ARN of a notification topic.
pub(crate) fn sns_arn(name: &str) -> String {
    format!("arn:aws:sns:{REGION}:{ACCOUNT_ID}:{name}")
}
