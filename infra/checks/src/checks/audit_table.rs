//! Athena finds the audit's objects of every topic and partition there is.

use serde_json::Value;
use tidings_bank_events::Payload;
use tidings_events::Catalog as _;

use super::Finding;
use crate::variants::Deployment;

/// What `functions/audit` writes into each line, besides what its folder says.
const FIELDS: &[&str] = &["offset", "timestamp", "event_id", "event_type", "record"];

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let Some((id, table)) = deployment.platform.of_kind("AWS::Glue::Table").next() else {
        return vec![Finding::new("platform.yaml", "there is no table to query the audit with")];
    };
    let parameters = &table.properties["TableInput"]["Parameters"];
    let topics: Vec<_> = Payload::TOPICS.iter().map(|topic| topic.name).collect();
    let last = Payload::TOPICS.iter().map(|topic| topic.partitions - 1).max().unwrap_or_default();
    let buckets = deployment.platform.of_kind("AWS::S3::Bucket");
    let bucket =
        buckets.map(|(_, it)| it.name.as_str()).find(|it| it.contains("-audit-")).unwrap_or_default();
    let wanted = [
        ("projection.enabled", "true".to_owned()),
        ("projection.topic.values", topics.join(",")),
        ("projection.kafka_partition.range", format!("0,{last}")),
        ("projection.day.type", "date".to_owned()),
        ("projection.day.format", "yyyy-MM-dd".to_owned()),
        ("projection.day.range", "2025-01-01,NOW".to_owned()),
        (
            "storage.location.template",
            format!("s3://{bucket}/audit/${{topic}}/date=${{day}}/partition=${{kafka_partition}}/"),
        ),
    ];
    let differ = wanted.into_iter().filter(|(name, value)| parameters[*name] != value.as_str());
    let mut found: Vec<_> = differ
        .map(|(name, value)| Finding::new(id, format!("{name} is {}, not {value}", parameters[name])))
        .collect();
    let names = |list: &Value| -> Vec<String> {
        let items = list.as_array().into_iter().flatten();
        items.filter_map(|it| it["Name"].as_str()).map(str::to_owned).collect()
    };
    let input = &table.properties["TableInput"];
    let folders = names(&input["PartitionKeys"]);
    if folders != ["topic", "day", "kafka_partition"] {
        found.push(Finding::new(id, format!("its folders are {folders:?}")));
    }
    let renamed = &input["StorageDescriptor"]["SerdeInfo"]["Parameters"];
    for column in names(&input["StorageDescriptor"]["Columns"]) {
        let field = renamed[format!("mapping.{column}")].as_str().unwrap_or(&column);
        if !FIELDS.contains(&field) {
            found.push(Finding::new(id, format!("the column {column} reads {field}, which no line has")));
        }
    }
    found
}
