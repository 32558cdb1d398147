//! Reads the resources that functions write to: tables, queues, buckets.

use super::error::{Located, Result};
use super::properties::{Properties, check_name};
use super::resource::Resource;
use super::scope::Scope;
use super::yaml::{Entry, Node};
use super::{Bucket, Queue, Table};

/// An `AWS::DynamoDB::Table`.
pub(super) fn table(scope: &Scope<'_>, resource: &Resource<'_>) -> Result<Table> {
    let properties =
        Properties::new(scope, resource.properties()?, format!("table {}", resource.id), resource.line);
    properties.notice_others(
        &["TableName", "KeySchema", "AttributeDefinitions", "TimeToLiveSpecification"],
        &[
            "BillingMode",
            "ContributorInsightsSpecification",
            "DeletionProtectionEnabled",
            "OnDemandThroughput",
            "PointInTimeRecoverySpecification",
            "ProvisionedThroughput",
            "ResourcePolicy",
            "SSESpecification",
            "TableClass",
            "Tags",
            "WarmThroughput",
        ],
    );
    let name = scope.physical_name(resource, resource.line)?;
    check_name("TableName", &name, resource.line, 255, "._-")?;
    let schema = properties.required("KeySchema")?;
    let definitions = properties.required("AttributeDefinitions")?;
    let partition_key = key(scope, &schema, "HASH", &definitions)?
        .ok_or_else(|| Located::kind(schema.line, "KeySchema", "a list with one HASH key"))?;
    let sort_key = key(scope, &schema, "RANGE", &definitions)?;
    Ok(Table { name, partition_key, sort_key, ttl_attribute: ttl_attribute(scope, &properties)? })
}

fn key(scope: &Scope<'_>, schema: &Node, kind: &str, definitions: &Node) -> Result<Option<String>> {
    for node in schema.list("KeySchema")? {
        let element = Properties::new(scope, node.map("KeySchema")?, "KeySchema", node.line);
        if element.required("KeyType")?.text("KeyType")? == kind {
            let name = element.required("AttributeName")?;
            let name = name.text("AttributeName")?;
            require_text_type(scope, definitions, name)?;
            return Ok(Some(name.to_owned()));
        }
    }
    Ok(None)
}

fn require_text_type(scope: &Scope<'_>, definitions: &Node, name: &str) -> Result<()> {
    for node in definitions.list("AttributeDefinitions")? {
        let definition =
            Properties::new(scope, node.map("AttributeDefinitions")?, "AttributeDefinitions", node.line);
        if definition.required("AttributeName")?.text("AttributeName")? != name {
            continue;
        }
        let kind = definition.required("AttributeType")?;
        return match kind.text("AttributeType")? {
            "S" => Ok(()),
            other => {
                let construct = format!("a key of type {other}");
                Err(Located::unsupported(kind.line, construct, "use a key of type S"))
            }
        };
    }
    let expected = format!("a list that defines {name}");
    Err(Located::value(definitions.line, "AttributeDefinitions", "incomplete", expected))
}

fn ttl_attribute(scope: &Scope<'_>, properties: &Properties<'_>) -> Result<Option<String>> {
    let Some(node) = properties.get("TimeToLiveSpecification")? else { return Ok(None) };
    let entries: &[Entry] = node.map("TimeToLiveSpecification")?;
    let ttl = Properties::new(scope, entries, "TimeToLiveSpecification", node.line);
    ttl.only(&["AttributeName", "Enabled"], &[])?;
    if ttl.boolean("Enabled")? == Some(false) {
        return Ok(None);
    }
    Ok(Some(ttl.required("AttributeName")?.text("AttributeName")?.to_owned()))
}

/// An `AWS::Serverless::SimpleTable`. Its key defaults to the string `id`.
pub(super) fn simple_table(scope: &Scope<'_>, resource: &Resource<'_>) -> Result<Table> {
    let properties =
        Properties::new(scope, resource.properties()?, format!("table {}", resource.id), resource.line);
    properties.notice_others(
        &["TableName", "PrimaryKey"],
        &["PointInTimeRecoverySpecification", "ProvisionedThroughput", "SSESpecification", "Tags"],
    );
    let name = scope.physical_name(resource, resource.line)?;
    check_name("TableName", &name, resource.line, 255, "._-")?;
    let partition_key = match properties.get("PrimaryKey")? {
        None => "id".to_owned(),
        Some(node) => {
            let key = properties.inner("PrimaryKey", &node)?;
            if let Some((kind, line)) = key.text("Type")?
                && kind != "String"
            {
                return Err(Located::unsupported(
                    line,
                    format!("a key of type {kind}"),
                    "use a key of type String",
                ));
            }
            key.required("Name")?.text("Name")?.to_owned()
        }
    };
    Ok(Table { name, partition_key, sort_key: None, ttl_attribute: None })
}

/// An `AWS::SQS::Queue`.
pub(super) fn queue(scope: &Scope<'_>, resource: &Resource<'_>) -> Result<Queue> {
    let properties =
        Properties::new(scope, resource.properties()?, format!("queue {}", resource.id), resource.line);
    properties.notice_others(
        &["QueueName", "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"],
        &[
            "KmsDataKeyReusePeriodSeconds",
            "KmsMasterKeyId",
            "MaximumMessageSize",
            "MessageRetentionPeriod",
            "ReceiveMessageWaitTimeSeconds",
            "RedriveAllowPolicy",
            "SqsManagedSseEnabled",
            "Tags",
            "VisibilityTimeout",
        ],
    );
    if properties.boolean("FifoQueue")? == Some(true) {
        return Err(Located::unsupported(
            resource.line,
            format!("the FIFO queue {}", resource.id),
            "use a standard queue",
        ));
    }
    let name = scope.physical_name(resource, resource.line)?;
    check_name("QueueName", &name, resource.line, 80, "-_")?;
    Ok(Queue { name })
}

/// An `AWS::S3::Bucket`.
pub(super) fn bucket(scope: &Scope<'_>, resource: &Resource<'_>) -> Result<Bucket> {
    let properties =
        Properties::new(scope, resource.properties()?, format!("bucket {}", resource.id), resource.line);
    properties.notice_others(
        &["BucketName"],
        &[
            "AccessControl",
            "BucketEncryption",
            "IntelligentTieringConfigurations",
            "InventoryConfigurations",
            "LifecycleConfiguration",
            "LoggingConfiguration",
            "MetricsConfigurations",
            "ObjectLockConfiguration",
            "ObjectLockEnabled",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
            "ReplicationConfiguration",
            "Tags",
            "VersioningConfiguration",
        ],
    );
    let name = scope.physical_name(resource, resource.line)?;
    // Amazon S3 user guide, "General purpose bucket naming rules".
    let allowed = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || ".-".contains(one);
    if !(3..=63).contains(&name.len()) || !name.chars().all(allowed) {
        let expected = "3 to 63 lower-case letters, digits, dots and hyphens";
        return Err(Located::value(resource.line, "BucketName", name, expected));
    }
    Ok(Bucket { name })
}
