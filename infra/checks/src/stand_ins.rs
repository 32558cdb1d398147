//! Stand-ins for values that only AWS knows, in their real form.

/// The region that templates are evaluated for.
pub const REGION: &str = "eu-central-1";
/// AWS's account number for examples.
pub const ACCOUNT: &str = "111122223333";

/// The value of a pseudo parameter.
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

/// The properties that make the name of a resource of this type. Several are joined with slashes.
pub fn name_properties(kind: &str) -> &'static [&'static str] {
    match kind {
        "AWS::SQS::Queue" => &["QueueName"],
        "AWS::DynamoDB::Table" => &["TableName"],
        "AWS::S3::Bucket" => &["BucketName"],
        "AWS::Lambda::Function" => &["FunctionName"],
        "AWS::Logs::LogGroup" => &["LogGroupName"],
        "AWS::MSK::Cluster" => &["ClusterName"],
        "AWS::MSK::Topic" => &["ClusterArn", "TopicName"],
        "AWS::SNS::Topic" => &["TopicName"],
        "AWS::IAM::Role" => &["RoleName"],
        "AWS::SES::ConfigurationSet" => &["Name"],
        "AWS::SES::EmailIdentity" => &["EmailIdentity"],
        "AWS::CloudWatch::Alarm" => &["AlarmName"],
        _ => &[],
    }
}

/// What `Ref` returns for a resource of this type and name.
pub fn reference(kind: &str, name: &str) -> String {
    match kind {
        "AWS::SQS::Queue" => format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"),
        "AWS::IAM::ManagedPolicy" | "AWS::MSK::Cluster" | "AWS::MSK::Topic" | "AWS::SNS::Topic" => {
            arn(kind, name)
        }
        _ => name.to_owned(),
    }
}

/// What `GetAtt` returns for a resource of this type and name.
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
        "AWS::MSK::Topic" => name.replace(":cluster/", ":topic/"),
        other => format!("arn:aws:{}:{here}:{name}", other.to_lowercase().replace("::", "-")),
    }
}

const CLUSTER_UUID: &str = "0c1d2e3f-1";
