//! Every topic of the events crate is provisioned as the crate says, and no other.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;
use tidings_events::Topic;

use super::Finding;
use crate::template::Resource;
use crate::values::number;
use crate::variants::Deployment;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let platform = &deployment.platform;
    let brokers = platform
        .of_kind("AWS::MSK::Cluster")
        .find_map(|(_, it)| number(&it.properties["NumberOfBrokerNodes"]));
    let mut found = Vec::new();
    for topic in Topic::ALL {
        let provisioned: Vec<_> = platform
            .of_kind("AWS::MSK::Topic")
            .filter(|(_, it)| it.properties["TopicName"] == topic.name())
            .collect();
        match provisioned.as_slice() {
            [(id, resource)] => found.extend(differences(*topic, id, resource, brokers.unwrap_or_default())),
            all => found
                .push(Finding::new(topic.name(), format!("is provisioned {} times, not once", all.len()))),
        }
    }
    for (id, resource) in platform.of_kind("AWS::MSK::Topic") {
        let name = resource.properties["TopicName"].as_str().unwrap_or_default();
        if name.parse::<Topic>().is_err() {
            found.push(Finding::new(id, format!("the events crate has no topic {name}")));
        }
    }
    found
}

fn differences(topic: Topic, id: &str, resource: &Resource, brokers: i64) -> Vec<Finding> {
    let settings = topic.settings();
    let properties = &resource.properties;
    let wanted = [
        ("PartitionCount", number(&properties["PartitionCount"]), i64::from(settings.partitions)),
        // As many as there are brokers, where there are fewer.
        (
            "ReplicationFactor",
            number(&properties["ReplicationFactor"]),
            i64::from(settings.replication).min(brokers),
        ),
        (
            "retention.ms",
            config(properties, "retention.ms"),
            settings.retention.as_millis().try_into().unwrap_or(-1),
        ),
        (
            "retention.bytes",
            config(properties, "retention.bytes"),
            settings.retention_bytes_per_partition.try_into().unwrap_or(-1),
        ),
    ];
    let differ = wanted.into_iter().filter(|(_, value, wanted)| value != &Some(*wanted));
    differ
        .map(|(name, value, wanted)| {
            Finding::new(id, format!("{name} is {value:?}, the events crate says {wanted}"))
        })
        .collect()
}

/// A line of the topic's configuration, which is a properties file in base64.
fn config(properties: &Value, name: &str) -> Option<i64> {
    let decoded = BASE64_STANDARD.decode(properties["Configs"].as_str()?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    text.lines().filter_map(|line| line.split_once('=')).find(|(key, _)| *key == name)?.1.parse().ok()
}
