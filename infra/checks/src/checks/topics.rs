//! Every topic of tidings-bank-events is provisioned as the crate says, and no other.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;
use tidings_bank_events::Payload;
use tidings_events::{Catalog as _, Topic};

use super::Finding;
use crate::template::{Resource, Template};
use crate::values::number;
use crate::variants::Deployment;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let platform = &deployment.platform;
    let brokers = platform
        .of_kind("AWS::MSK::Cluster")
        .find_map(|(_, it)| number(&it.properties["NumberOfBrokerNodes"]));
    let mut found = Vec::new();
    for topic in Payload::TOPICS {
        let provisioned: Vec<_> = platform
            .of_kind("AWS::MSK::Topic")
            .filter(|(_, it)| it.properties["TopicName"] == topic.name)
            .collect();
        match provisioned.as_slice() {
            [(id, resource)] => found.extend(differences(topic, id, resource, brokers.unwrap_or_default())),
            all => {
                found.push(Finding::new(topic.name, format!("is provisioned {} times, not once", all.len())));
            }
        }
    }
    for (id, resource) in platform.of_kind("AWS::MSK::Topic") {
        if !platform.of_kind("AWS::MSK::Cluster").any(|(_, it)| resource.properties["ClusterArn"] == *it.arn)
        {
            found.push(Finding::new(id, "is in another cluster than the platform's"));
        }
        let name = resource.properties["TopicName"].as_str().unwrap_or_default();
        if Payload::TOPICS.iter().all(|topic| topic.name != name) {
            found.push(Finding::new(id, format!("tidings-bank-events has no topic {name}")));
        }
    }
    found.extend(disks(platform, brokers.unwrap_or_default()));
    found
}

/// Disks can grow, and so far that all topics fit on them when they are full.
fn disks(platform: &Template, brokers: i64) -> Option<Finding> {
    let volumes = "/BrokerNodeGroupInfo/StorageInfo/EBSStorageInfo/VolumeSize";
    let mut clusters = platform.of_kind("AWS::MSK::Cluster");
    let first = clusters.find_map(|(_, it)| number(it.properties.pointer(volumes)?))?;
    let mut targets = platform.of_kind("AWS::ApplicationAutoScaling::ScalableTarget");
    let (id, most) = targets.find_map(|(id, it)| Some((id, number(&it.properties["MaxCapacity"])?)))?;
    let bytes: i64 = Payload::TOPICS
        .iter()
        .map(|topic| {
            let per_partition: i64 = topic.retention_bytes_per_partition.try_into().unwrap_or(i64::MAX);
            per_partition.saturating_mul(topic.partitions.into()) * i64::from(topic.replication).min(brokers)
        })
        .sum();
    let full = bytes / brokers.max(1) / GIB;
    (most <= first.max(full)).then(|| {
        let problem = format!("lets disks of {first} GiB grow to {most}; all topics full are {full}");
        Finding::new(id, problem)
    })
}

const GIB: i64 = 1 << 30;

fn differences(topic: &Topic, id: &str, resource: &Resource, brokers: i64) -> Vec<Finding> {
    let properties = &resource.properties;
    let wanted = [
        ("PartitionCount", number(&properties["PartitionCount"]), i64::from(topic.partitions)),
        // As many as there are brokers, where there are fewer.
        (
            "ReplicationFactor",
            number(&properties["ReplicationFactor"]),
            i64::from(topic.replication).min(brokers),
        ),
        (
            "retention.ms",
            config(properties, "retention.ms"),
            topic.retention.as_millis().try_into().unwrap_or(-1),
        ),
        (
            "retention.bytes",
            config(properties, "retention.bytes"),
            topic.retention_bytes_per_partition.try_into().unwrap_or(-1),
        ),
    ];
    let mut found = Vec::new();
    if lines(properties).len() != 2 {
        found.push(Finding::new(
            id,
            format!("has more settings than tidings-bank-events: {:?}", lines(properties)),
        ));
    }
    let differ = wanted.into_iter().filter(|(_, value, wanted)| value != &Some(*wanted));
    found.extend(differ.map(|(name, value, wanted)| {
        Finding::new(id, format!("{name} is {value:?}, tidings-bank-events says {wanted}"))
    }));
    found
}

/// A line of the topic's configuration.
fn config(properties: &Value, name: &str) -> Option<i64> {
    let lines = lines(properties);
    lines.iter().filter_map(|line| line.split_once('=')).find(|(key, _)| *key == name)?.1.parse().ok()
}

/// The topic's configuration, which is a properties file in base64.
fn lines(properties: &Value) -> Vec<String> {
    let decoded = BASE64_STANDARD.decode(properties["Configs"].as_str().unwrap_or_default());
    let text = decoded.ok().and_then(|it| String::from_utf8(it).ok()).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
