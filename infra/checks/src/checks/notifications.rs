//! What alarms and e-mails have to tell arrives: the topic's policy lets the service in, and so does its key's.

use super::Finding;
use crate::roles::statements;
use crate::template::{Resource, Template};
use crate::values::texts;
use crate::variants::Deployment;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, alarm) in deployment.templates().flat_map(|it| it.of_kind("AWS::CloudWatch::Alarm")) {
        let told = ["AlarmActions", "OKActions", "InsufficientDataActions"];
        for topic in told.iter().flat_map(|actions| texts(&alarm.properties[*actions])) {
            found.extend(refused(deployment, id, topic, "cloudwatch.amazonaws.com"));
        }
    }
    for (id, it) in deployment.platform.of_kind("AWS::SES::ConfigurationSetEventDestination") {
        for topic in texts(&it.properties["EventDestination"]["SnsDestination"]["TopicARN"]) {
            found.extend(refused(deployment, id, topic, "ses.amazonaws.com"));
        }
    }
    found
}

fn refused(deployment: &Deployment, id: &str, topic: &str, service: &str) -> Option<Finding> {
    let platform = &deployment.platform;
    let arrives = platform.of_kind("AWS::SNS::Topic").any(|(_, it)| {
        let key = &it.properties["KmsMasterKeyId"];
        it.arn == topic
            && lets(platform, "AWS::SNS::TopicPolicy", "PolicyDocument", service, "sns:Publish", |policy| {
                texts(&policy.properties["Topics"]).contains(&topic)
            })
            && lets(platform, "AWS::KMS::Key", "KeyPolicy", service, "kms:Decrypt", |it| *key == *it.arn)
            && lets(platform, "AWS::KMS::Key", "KeyPolicy", service, "kms:GenerateDataKey*", |it| {
                *key == *it.arn
            })
    });
    (!arrives).then(|| Finding::new(id, format!("{service} may not publish to {topic}, or not use its key")))
}

/// Whether a policy of this kind allows a service an action.
fn lets(
    platform: &Template,
    kind: &str,
    property: &str,
    service: &str,
    action: &str,
    is_about: impl Fn(&Resource) -> bool,
) -> bool {
    let policies = platform.of_kind(kind).filter(|(_, it)| is_about(it));
    policies.flat_map(|(_, it)| statements(&it.properties[property])).any(|it| {
        it["Effect"] == "Allow"
            && texts(&it["Principal"]["Service"]).contains(&service)
            && texts(&it["Action"]).contains(&action)
    })
}
