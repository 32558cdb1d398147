//! The templates create the topics in `events/DOMAIN/topics.json`, with their settings, and no others.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

use crate::catalogs::{Topic, topics};
use crate::finding::Finding;
use crate::template::Resource;
use crate::values::number;
use crate::variants::Deployment;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let platform = &deployment.platform;
    let brokers = platform
        .of_kind("AWS::MSK::Cluster")
        .find_map(|(_, it)| number(&it.properties["NumberOfBrokerNodes"]));
    let mut found = Vec::new();
    for (domain, topic) in topics(&deployment.catalogs) {
        let all = deployment.templates().flat_map(|it| it.of_kind("AWS::MSK::Topic"));
        let provisioned: Vec<_> =
            all.filter(|(_, it)| it.properties["TopicName"] == topic.name.as_str()).collect();
        match provisioned.as_slice() {
            [(id, resource)] => {
                let differ = differences(topic, resource, brokers.unwrap_or_default());
                let says = |it| Finding::new(*id, format!("{it}; see events/{domain}/topics.json"));
                found.extend(differ.into_iter().map(says));
            }
            all => {
                let times =
                    format!("the templates of infra/stacks.toml create it {} times, not once", all.len());
                found.push(Finding::new(&topic.name, format!("events/{domain}/topics.json has it; {times}")));
            }
        }
    }
    for template in deployment.templates() {
        for (id, resource) in template.of_kind("AWS::MSK::Topic") {
            let cluster = &resource.properties["ClusterArn"];
            if !platform.of_kind("AWS::MSK::Cluster").any(|(_, it)| *cluster == *it.arn) {
                found.push(Finding::new(id, "is not in the platform's cluster"));
            }
            let name = resource.properties["TopicName"].as_str().unwrap_or_default();
            if topics(&deployment.catalogs).all(|(_, topic)| topic.name != name) {
                let problem =
                    format!("{} creates {name}, which no events/*/topics.json has", template.file());
                found.push(Finding::new(id, problem));
            }
        }
    }
    found.extend(disks(deployment, brokers.unwrap_or_default()));
    found
}

/// The disks can grow until all full topics fit on them.
fn disks(deployment: &Deployment, brokers: i64) -> Option<Finding> {
    let platform = &deployment.platform;
    let volumes = "/BrokerNodeGroupInfo/StorageInfo/EBSStorageInfo/VolumeSize";
    let mut clusters = platform.of_kind("AWS::MSK::Cluster");
    let first = clusters.find_map(|(_, it)| number(it.properties.pointer(volumes)?))?;
    let mut targets = platform.of_kind("AWS::ApplicationAutoScaling::ScalableTarget");
    let (id, most) = targets.find_map(|(id, it)| Some((id, number(&it.properties["MaxCapacity"])?)))?;
    let bytes: i64 = topics(&deployment.catalogs)
        .map(|(_, it)| it.retention_bytes_per_partition * it.partitions * it.replication.min(brokers))
        .sum();
    let full = bytes / brokers.max(1) / GIB;
    (most <= first.max(full)).then(|| {
        let problem = format!("lets disks of {first} GiB grow to {most} GiB; full topics take {full} GiB");
        Finding::new(id, problem)
    })
}

const GIB: i64 = 1 << 30;

fn differences(topic: &Topic, resource: &Resource, brokers: i64) -> Vec<String> {
    let properties = &resource.properties;
    let wanted = [
        ("PartitionCount", number(&properties["PartitionCount"]), topic.partitions),
        // With fewer brokers, one replica on each.
        ("ReplicationFactor", number(&properties["ReplicationFactor"]), topic.replication.min(brokers)),
        ("retention.ms", config(properties, "retention.ms"), topic.retention_ms),
        ("retention.bytes", config(properties, "retention.bytes"), topic.retention_bytes_per_partition),
    ];
    let mut found = Vec::new();
    let lines = lines(properties);
    if lines.len() != 2 {
        found.push(format!("has the settings {lines:?}; only retention.ms and retention.bytes are expected"));
    }
    let differ = wanted.into_iter().filter(|(_, value, wanted)| value != &Some(*wanted));
    found.extend(differ.map(|(name, value, wanted)| format!("{name} is {value:?}, not {wanted}")));
    found
}

/// The value of one of the topic's settings.
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
