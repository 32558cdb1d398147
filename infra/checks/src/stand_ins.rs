//! Values that only AWS knows, in their real form.

/// The region that templates are evaluated for.
pub const REGION: &str = "eu-central-1";
/// AWS's account number for examples.
pub const ACCOUNT: &str = "111122223333";

/// What a pseudo parameter stands for.
pub fn pseudo_parameter(name: &str) -> Option<&'static str> {
    match name {
        "AWS::Region" => Some(REGION),
        "AWS::AccountId" => Some(ACCOUNT),
        "AWS::Partition" => Some("aws"),
        "AWS::URLSuffix" => Some("amazonaws.com"),
        "AWS::StackName" => Some("stack"),
        "AWS::StackId" => Some("arn:aws:cloudformation:eu-central-1:111122223333:stack/stack/1"),
        _ => None,
    }
}

/// The property that names a resource of this type.
pub fn name_property(kind: &str) -> Option<&'static str> {
    match kind {
        "AWS::SQS::Queue" => Some("QueueName"),
        "AWS::DynamoDB::Table" => Some("TableName"),
        "AWS::S3::Bucket" => Some("BucketName"),
        "AWS::Lambda::Function" => Some("FunctionName"),
        "AWS::Logs::LogGroup" => Some("LogGroupName"),
        "AWS::MSK::Cluster" => Some("ClusterName"),
        "AWS::SNS::Topic" => Some("TopicName"),
        "AWS::IAM::Role" => Some("RoleName"),
        "AWS::SES::ConfigurationSet" => Some("Name"),
        "AWS::SES::EmailIdentity" => Some("EmailIdentity"),
        "AWS::CloudWatch::Alarm" => Some("AlarmName"),
        _ => None,
    }
}

/// What `Ref` answers for a resource of this type and name.
pub fn reference(kind: &str, name: &str) -> String {
    match kind {
        "AWS::SQS::Queue" => format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"),
        "AWS::IAM::ManagedPolicy" | "AWS::MSK::Cluster" | "AWS::SNS::Topic" => arn(kind, name),
        _ => name.to_owned(),
    }
}

/// What `GetAtt` answers for a resource of this type and name.
pub fn attribute(kind: &str, name: &str, attribute: &str) -> String {
    match attribute {
        "Arn" => arn(kind, name),
        "QueueName" => name.to_owned(),
        other => format!("{name}.{other}"),
    }
}

/// A resource's ARN.
pub fn arn(kind: &str, name: &str) -> String {
    let here = format!("{REGION}:{ACCOUNT}");
    match kind {
        "AWS::SQS::Queue" => format!("arn:aws:sqs:{here}:{name}"),
        "AWS::SNS::Topic" => format!("arn:aws:sns:{here}:{name}"),
        "AWS::DynamoDB::Table" => format!("arn:aws:dynamodb:{here}:table/{name}"),
        "AWS::S3::Bucket" => format!("arn:aws:s3:::{name}"),
        "AWS::KMS::Key" => format!("arn:aws:kms:{here}:key/{name}"),
        "AWS::Lambda::Function" => format!("arn:aws:lambda:{here}:function:{name}"),
        "AWS::Logs::LogGroup" => format!("arn:aws:logs:{here}:log-group:{name}:*"),
        "AWS::IAM::ManagedPolicy" => format!("arn:aws:iam::{ACCOUNT}:policy/{name}"),
        "AWS::IAM::Role" => format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        "AWS::MSK::Cluster" => format!("arn:aws:kafka:{here}:cluster/{name}/{CLUSTER_UUID}"),
        other => format!("arn:aws:{}:{here}:{name}", other.to_lowercase().replace("::", "-")),
    }
}

const CLUSTER_UUID: &str = "0c1d2e3f-1";
