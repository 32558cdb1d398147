//! Plans a run: reads the templates and determines topics and AWS resources.

use tidings_process::StartError;
use tidings_template::{Bucket, NotificationTopic, Queue, Template, TemplateSettings};

use crate::{
    broker::TopicSpec,
    project::{BROKERS, Project},
};

/// A placeholder for addresses that are not known yet.
const UNKNOWN: &str = "127.0.0.1:1";

/// Reads the templates with placeholder addresses, so that errors are found before anything is started.
pub(super) fn plan(project: &Project) -> Result<Template, StartError> {
    let template = read(project, UNKNOWN, &format!("http://{UNKNOWN}"))?;
    if template.functions.iter().all(|function| function.mappings.is_empty()) {
        let files: Vec<String> = project.templates.iter().map(|file| file.display().to_string()).collect();
        let notes: Vec<String> = template.notices.iter().map(|notice| format!("\nnote: {notice}")).collect();
        return Err(StartError::Setting(format!(
            "no function in {} is triggered by Kafka; add an event of type MSK or SelfManagedKafka to a function, or give \
             another template{}",
            files.join(" and "),
            notes.concat()
        )));
    }
    Ok(template)
}

/// Reads the templates with these addresses.
pub(super) fn read(
    project: &Project,
    bootstrap_servers: &str,
    aws_endpoint: &str,
) -> Result<Template, StartError> {
    let replaced = |value: &String| value.replace(BROKERS, bootstrap_servers);
    let settings = TemplateSettings {
        parameters: project.parameters.iter().map(|(name, value)| (name.clone(), replaced(value))).collect(),
        emulator_endpoint: aws_endpoint.to_owned(),
    };
    Template::read(&project.templates, &settings).map_err(|error| StartError::Setting(error.to_string()))
}

/// The topics to create: those declared in the templates, and those that triggers and failure destinations refer to.
pub(super) fn kafka_topics(project: &Project, template: &Template) -> Vec<TopicSpec> {
    let described = template.kafka_topics.iter().map(|topic| TopicSpec {
        name: topic.name.clone(),
        partitions: i32::try_from(topic.partitions).unwrap_or(i32::MAX),
    });
    let mappings = || template.functions.iter().flat_map(|function| &function.mappings);
    let triggers = mappings().map(|mapping| mapping.topic.as_str());
    let destinations =
        mappings().filter_map(|mapping| mapping.on_failure.as_deref()?.strip_prefix("kafka://"));
    let named = triggers
        .chain(destinations)
        .map(|name| TopicSpec { name: name.to_owned(), partitions: project.partitions });
    let mut topics: Vec<TopicSpec> = Vec::new();
    for topic in described.chain(named) {
        if !topics.iter().any(|known| known.name == topic.name) {
            topics.push(topic);
        }
    }
    topics
}

/// A resource in the templates that needs AWS or an emulator; `None` if there is none.
pub(super) fn aws_need(template: &Template) -> Option<String> {
    let stores = [
        template.queues.first().map(|queue| format!("the queue {}", queue.name)),
        template.tables.first().map(|table| format!("the table {}", table.name)),
        template.buckets.first().map(|bucket| format!("the bucket {}", bucket.name)),
        template.notification_topics.first().map(|topic| format!("the notification topic {}", topic.name)),
    ];
    let destination =
        || failure_destinations(template).next().map(|arn| format!("the failure destination {arn}"));
    stores.into_iter().flatten().next().or_else(destination)
}

/// Adds failure destinations that are not declared in the templates, so that they are created too.
pub(super) fn add_failure_destinations(template: &mut Template) {
    let arns: Vec<String> = failure_destinations(template).map(str::to_owned).collect();
    for arn in arns {
        let Some(name) = arn.rsplit(':').next().map(str::to_owned) else { continue };
        match arn.split(':').nth(2) {
            Some("sqs") if template.queues.iter().all(|queue| queue.name != name) => {
                template.queues.push(Queue { name });
            }
            Some("sns") if template.notification_topics.iter().all(|topic| topic.name != name) => {
                template.notification_topics.push(NotificationTopic { name });
            }
            Some("s3") if template.buckets.iter().all(|bucket| bucket.name != name) => {
                template.buckets.push(Bucket { name });
            }
            _ => {}
        }
    }
}

/// The ARNs of failure destinations.
fn failure_destinations(template: &Template) -> impl Iterator<Item = &str> {
    let mappings = template.functions.iter().flat_map(|function| &function.mappings);
    mappings.filter_map(|mapping| mapping.on_failure.as_deref()).filter(|arn| arn.starts_with("arn:"))
}

#[cfg(test)]
mod tests;
