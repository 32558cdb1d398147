//! Every mapping reads one topic of the platform's cluster in its own consumer group. Records that never reached the
//! function go to the function's dead letter queue.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::roles::functions;
use crate::template::Resource;
use crate::values::texts;
use crate::variants::Deployment;

/// Settings that drop records, so that they reach neither the function nor its queue.
const LOSING: &[&str] = &["FilterCriteria", "MaximumRecordAgeInSeconds"];

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut groups = BTreeSet::new();
    let mut read = BTreeSet::new();
    for function in functions(deployment) {
        let own_queue = function.variable("DEAD_LETTER_QUEUE_URL").and_then(|url| url.rsplit('/').next());
        for (id, mapping) in function.mappings() {
            read.insert((&function.template.name, id));
            found.extend(
                problems(deployment, mapping, own_queue).into_iter().map(|problem| Finding::new(id, problem)),
            );
            let group = &mapping.properties["AmazonManagedKafkaEventSourceConfig"]["ConsumerGroupId"];
            if group.is_null() || !groups.insert(group.to_string()) {
                found.push(Finding::new(id, "its consumer group is missing or another mapping's: each mapping would get only a part of the records"));
            }
        }
    }
    for template in deployment.templates() {
        for (id, _) in template.of_kind("AWS::Lambda::EventSourceMapping") {
            if !read.contains(&(&template.name, id)) {
                found.push(Finding::new(id, format!("invokes no function of {}", template.file())));
            }
        }
    }
    found
}

fn problems(deployment: &Deployment, mapping: &Resource, own_queue: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    let source = &mapping.properties["EventSourceArn"];
    if !deployment.platform.of_kind("AWS::MSK::Cluster").any(|(_, it)| source == it.arn.as_str()) {
        found.push(format!("it reads {source}, which is not the platform's cluster"));
    }
    let topics = texts(&mapping.properties["Topics"]);
    let mut created = deployment.templates().flat_map(|it| it.of_kind("AWS::MSK::Topic"));
    if topics.len() != 1 || !created.any(|(_, it)| it.properties["TopicName"] == topics[0]) {
        found.push(format!("it reads {topics:?}, not one topic that a template creates"));
    }
    if mapping.properties["StartingPosition"] != "TRIM_HORIZON" {
        found
            .push("it would skip records that arrive before it is created; start at TRIM_HORIZON".to_owned());
    }
    for property in LOSING {
        if !mapping.properties[*property].is_null() {
            found.push(format!("it does not deliver every record: remove {property}"));
        }
    }
    if mapping.properties["Enabled"] == false {
        found.push("it is disabled".to_owned());
    }
    let destination = mapping.properties["DestinationConfig"]["OnFailure"]["Destination"].as_str();
    if destination.and_then(|arn| arn.rsplit(':').next()) != own_queue || own_queue.is_none() {
        found.push(format!(
            "its failure destination is {destination:?}, not the function's dead letter queue"
        ));
    }
    found
}
