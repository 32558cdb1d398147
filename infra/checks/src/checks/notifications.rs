//! Notifications of alarms and of SES arrive: the policies of the SNS topic and of its key allow the service.

use crate::finding::Finding;
use crate::roles::{comes_from, key_policy, lets, statements};
use crate::stand_ins::{ACCOUNT, REGION};
use crate::values::texts;
use crate::variants::Deployment;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, alarm) in deployment.templates().flat_map(|it| it.of_kind("AWS::CloudWatch::Alarm")) {
        let source = format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{}", alarm.name);
        let told = ["AlarmActions", "OKActions", "InsufficientDataActions"];
        for topic in told.iter().flat_map(|actions| texts(&alarm.properties[*actions])) {
            found.extend(refused(deployment, id, topic, "cloudwatch.amazonaws.com", &source));
        }
    }
    for (id, it) in deployment.platform.of_kind("AWS::SES::ConfigurationSetEventDestination") {
        let set = it.properties["ConfigurationSetName"].as_str().unwrap_or_default();
        let source = format!("arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{set}");
        for topic in texts(&it.properties["EventDestination"]["SnsDestination"]["TopicARN"]) {
            found.extend(refused(deployment, id, topic, "ses.amazonaws.com", &source));
        }
    }
    found
}

fn refused(deployment: &Deployment, id: &str, topic: &str, service: &str, source: &str) -> Option<Finding> {
    let platform = &deployment.platform;
    let policies = platform.of_kind("AWS::SNS::TopicPolicy");
    let is_published = policies
        .filter(|(_, it)| texts(&it.properties["Topics"]).contains(&topic))
        .flat_map(|(_, it)| statements(&it.properties["PolicyDocument"]))
        .any(|it| lets(it, service, "sns:Publish") && comes_from(it, "aws:SourceArn", source));
    let is_encrypted = platform
        .of_kind("AWS::SNS::Topic")
        .filter(|(_, it)| it.arn == topic)
        .flat_map(|(_, it)| key_policy(deployment, &it.properties["KmsMasterKeyId"]))
        .any(|it| ["kms:Decrypt", "kms:GenerateDataKey*"].iter().all(|action| lets(it, service, action)));
    (!is_published || !is_encrypted)
        .then(|| Finding::new(id, format!("{service} may not publish to {topic} or may not use its key")))
}
