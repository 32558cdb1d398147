//! Athena finds the audit objects of every topic and partition.

use serde_json::Value;

use crate::catalogs;
use crate::finding::Finding;
use crate::variants::Deployment;

/// The fields of each line of the audit, besides those in the names of its folders.
const FIELDS: &[&str] = &["offset", "timestamp", "event_id", "event_type", "record"];

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let Some((id, table)) = deployment.platform.of_kind("AWS::Glue::Table").next() else {
        return vec![Finding::new(deployment.platform.file(), "has no table to query the audit with")];
    };
    let parameters = &table.properties["TableInput"]["Parameters"];
    let buckets = deployment.platform.of_kind("AWS::S3::Bucket");
    let bucket =
        buckets.map(|(_, it)| it.name.as_str()).find(|it| it.contains("-audit-")).unwrap_or_default();
    let partitions = catalogs::topics(&deployment.catalogs).map(|(_, it)| it.partitions);
    let last = partitions.max().unwrap_or_default() - 1;
    let wanted = [
        ("projection.enabled", "true".to_owned()),
        ("projection.topic.type", "injected".to_owned()),
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
        found.push(Finding::new(id, format!("reads the folders {folders:?}, which are not the audit's")));
    }
    let renamed = &input["StorageDescriptor"]["SerdeInfo"]["Parameters"];
    for column in names(&input["StorageDescriptor"]["Columns"]) {
        let field = renamed[format!("mapping.{column}")].as_str().unwrap_or(&column);
        if !FIELDS.contains(&field) {
            found.push(Finding::new(
                id,
                format!("the column {column} reads {field}, which is not a field of the audit's lines"),
            ));
        }
    }
    found
}
