//! Every mapping reads one topic of the platform in a group of its own, and what never reached the function goes to the
//! function's dead letter queue.

use std::collections::BTreeSet;

use super::Finding;
use crate::roles::functions;
use crate::template::Resource;
use crate::values::texts;
use crate::variants::Deployment;

/// Settings by which records never reach the function, nor its queue.
const LOSING: &[&str] = &["FilterCriteria", "MaximumRecordAgeInSeconds"];

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut groups = BTreeSet::new();
    let mut read = BTreeSet::new();
    for function in functions(deployment) {
        let own_queue = function.variable("DEAD_LETTER_QUEUE_URL").and_then(|url| url.rsplit('/').next());
        for (id, mapping) in function.mappings(&deployment.functions) {
            read.insert(id);
            found.extend(
                problems(deployment, mapping, own_queue).into_iter().map(|problem| Finding::new(id, problem)),
            );
            let group = &mapping.properties["AmazonManagedKafkaEventSourceConfig"]["ConsumerGroupId"];
            if group.is_null() || !groups.insert(group.to_string()) {
                found.push(Finding::new(id, "its consumer group is missing or another mapping's: each would get a part of the records"));
            }
        }
    }
    let all = deployment.functions.of_kind("AWS::Lambda::EventSourceMapping");
    found.extend(
        all.filter(|(id, _)| !read.contains(id))
            .map(|(id, _)| Finding::new(id, "invokes no function of the template")),
    );
    found
}

fn problems(deployment: &Deployment, mapping: &Resource, own_queue: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    let platform = &deployment.platform;
    let source = &mapping.properties["EventSourceArn"];
    if !platform.of_kind("AWS::MSK::Cluster").any(|(_, it)| source == it.arn.as_str()) {
        found.push(format!("it reads {source}, which is not the platform's cluster"));
    }
    let topics = texts(&mapping.properties["Topics"]);
    if topics.len() != 1
        || !platform.of_kind("AWS::MSK::Topic").any(|(_, it)| it.properties["TopicName"] == topics[0])
    {
        found.push(format!("it reads {topics:?}, not one topic of the platform"));
    }
    if mapping.properties["StartingPosition"] != "TRIM_HORIZON" {
        found
            .push("it starts where records are lost while it is created; TRIM_HORIZON loses none".to_owned());
    }
    for property in LOSING {
        if !mapping.properties[*property].is_null() {
            found.push(format!("it does not hand over every record: {property}"));
        }
    }
    if mapping.properties["Enabled"] == false {
        found.push("it is switched off".to_owned());
    }
    let destination = mapping.properties["DestinationConfig"]["OnFailure"]["Destination"].as_str();
    if destination.and_then(|arn| arn.rsplit(':').next()) != own_queue || own_queue.is_none() {
        found.push(format!(
            "its failure destination is {destination:?}, not the function's dead letter queue"
        ));
    }
    found
}
