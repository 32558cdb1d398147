//! Athena finds the audit's objects of every topic and partition there is.

use tidings_events::Topic;

use super::Finding;
use crate::variants::Deployment;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let Some((id, table)) = deployment.platform.of_kind("AWS::Glue::Table").next() else {
        return vec![Finding::new("platform.yaml", "there is no table to query the audit with")];
    };
    let parameters = &table.properties["TableInput"]["Parameters"];
    let topics: Vec<_> = Topic::ALL.iter().map(|topic| topic.name()).collect();
    let last = Topic::ALL.iter().map(|topic| topic.settings().partitions - 1).max().unwrap_or_default();
    let wanted = [
        ("projection.enabled", "true".to_owned()),
        ("projection.topic.values", topics.join(",")),
        ("projection.kafka_partition.range", format!("0,{last}")),
    ];
    let differ = wanted.into_iter().filter(|(name, value)| parameters[*name] != value.as_str());
    differ
        .map(|(name, value)| Finding::new(id, format!("{name} is {}, not {value}", parameters[name])))
        .collect()
}
