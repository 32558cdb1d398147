//! What AWS itself does with a function's role, according to its documentation.

use super::need::{Need, Target};
use crate::roles::Function;
use crate::variants::Deployment;

const LOGS: &str = "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html";
const XRAY: &str = "https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html";
const VPC: &str = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html";
const MSK: &str = "https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html";
const MSK_AUTH: &str = "https://docs.aws.amazon.com/lambda/latest/dg/msk-cluster-auth.html";
const ON_FAILURE: &str = "https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html";
const KEY_OF_DYNAMODB: &str =
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html";
const KEY_OF_S3: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html";
const KEY_OF_SQS: &str =
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html";

/// What Lambda needs to connect to subnets. IAM has no resources for these actions, or none that exist beforehand.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>
pub const NETWORK: &[&str] = &[
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
];

/// What Lambda does for a function: logs, traces, network, its mappings and their failures.
pub fn lambda(function: &Function<'_>) -> Vec<Need> {
    let mut found = Vec::new();
    let mut need = |action: &str, target: Target, source: &str| {
        let need = Need { action: action.to_owned(), target, reason: document(source) };
        if !found.contains(&need) {
            found.push(need);
        }
    };
    let log_group =
        crate::stand_ins::arn("AWS::Logs::LogGroup", &format!("/aws/lambda/{}", function.resource.name));
    for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
        need(action, Target::Exactly(log_group.clone()), LOGS);
    }
    if function.resource.properties["TracingConfig"]["Mode"] == "Active" {
        need("xray:PutTraceSegments", Target::Any, XRAY);
        need("xray:PutTelemetryRecords", Target::Any, XRAY);
    }
    if function.resource.properties["VpcConfig"].is_object() {
        for action in NETWORK {
            need(action, Target::Any, VPC);
        }
    }
    for (_, mapping) in function.mappings() {
        let Some(cluster) = mapping.properties["EventSourceArn"].as_str() else { continue };
        need("kafka:DescribeClusterV2", Target::Exactly(cluster.to_owned()), MSK);
        need("kafka:GetBootstrapBrokers", Target::Any, MSK);
        for action in NETWORK {
            need(action, Target::Any, MSK);
        }
        for action in ["kafka-cluster:Connect", "kafka-cluster:DescribeClusterDynamicConfiguration"] {
            need(action, Target::Exactly(cluster.to_owned()), MSK_AUTH);
        }
        for topic in crate::values::texts(&mapping.properties["Topics"]) {
            for action in ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"] {
                need(action, Target::Exactly(of_cluster(cluster, "topic", topic)), MSK_AUTH);
            }
        }
        let config = &mapping.properties["AmazonManagedKafkaEventSourceConfig"];
        for action in ["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"] {
            let group = config["ConsumerGroupId"].as_str().unwrap_or_default();
            need(action, Target::Exactly(of_cluster(cluster, "group", group)), MSK_AUTH);
        }
        if let Some(queue) = mapping.properties["DestinationConfig"]["OnFailure"]["Destination"].as_str() {
            need("sqs:SendMessage", Target::Exactly(queue.to_owned()), ON_FAILURE);
        }
    }
    found
}

/// The use of a key that follows from the use of the resources that it encrypts.
pub fn keys(deployment: &Deployment, need: &Need) -> Vec<Need> {
    let (Target::Exactly(arn) | Target::Within(arn)) = &need.target else { return Vec::new() };
    let used =
        deployment.templates().flat_map(|it| it.resources.values()).find(|resource| resource.arn == *arn);
    let Some(resource) = used else { return Vec::new() };
    let properties = &resource.properties;
    let (key, actions, source): (_, &[&str], _) = match resource.kind.as_str() {
        "AWS::SQS::Queue" => {
            (&properties["KmsMasterKeyId"], &["kms:Decrypt", "kms:GenerateDataKey"], KEY_OF_SQS)
        }
        "AWS::DynamoDB::Table" => {
            (&properties["SSESpecification"]["KMSMasterKeyId"], &["kms:Decrypt"], KEY_OF_DYNAMODB)
        }
        "AWS::S3::Bucket" => {
            let rule = &properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
            (&rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"], &["kms:GenerateDataKey"], KEY_OF_S3)
        }
        _ => return Vec::new(),
    };
    let Some(key) = key.as_str().map(|key| key_arn(deployment, key)) else { return Vec::new() };
    let need = |action: &&str| Need {
        action: (*action).to_owned(),
        target: Target::Exactly(key.clone()),
        reason: document(source),
    };
    actions.iter().map(need).collect()
}

/// The ARN of a key, given its ARN or its id.
pub fn key_arn(deployment: &Deployment, key: &str) -> String {
    let mut keys = deployment.templates().flat_map(|it| it.of_kind("AWS::KMS::Key"));
    keys.find(|(_, it)| it.name == key).map_or_else(|| key.to_owned(), |(_, it)| it.arn.clone())
}

/// The cluster that a function publishes to: the one that its mappings read from.
pub fn cluster(function: &Function<'_>) -> Option<String> {
    let mappings = function.mappings();
    mappings.iter().find_map(|(_, it)| it.properties["EventSourceArn"].as_str()).map(str::to_owned)
}

/// The ARN of a topic or consumer group of a cluster.
pub fn of_cluster(cluster: &str, kind: &str, name: &str) -> String {
    format!("{}/{name}", cluster.replace(":cluster/", &format!(":{kind}/")))
}

/// A Markdown link to a page of AWS's documentation.
fn document(address: &str) -> String {
    let name = address.rsplit('/').next().unwrap_or(address).trim_end_matches(".html");
    format!("[AWS: {name}]({address})")
}
