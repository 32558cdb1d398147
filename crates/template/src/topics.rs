//! Reads SNS topics and Kafka topics.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::error::{Located, Result};
use super::properties::{Properties, check_name};
use super::resource::Resource;
use super::scope::Scope;
use super::{KafkaTopic, NotificationTopic};

/// An `AWS::SNS::Topic`.
pub(super) fn notification_topic(scope: &Scope<'_>, resource: &Resource<'_>) -> Result<NotificationTopic> {
    let of = format!("topic {}", resource.id);
    let properties = Properties::new(scope, resource.properties()?, of, resource.line);
    properties.notice_others(
        &["TopicName", "FifoTopic", "ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy"],
        &[
            "DataProtectionPolicy",
            "DeliveryStatusLogging",
            "DisplayName",
            "KmsMasterKeyId",
            "SignatureVersion",
            "Tags",
            "TracingConfig",
        ],
    );
    if properties.boolean("FifoTopic")? == Some(true) {
        let construct = format!("the FIFO topic {}", resource.id);
        return Err(Located::unsupported(resource.line, construct, "use a standard topic"));
    }
    let name = scope.physical_name(resource, resource.line)?;
    check_name("TopicName", &name, resource.line, 256, "-_")?;
    Ok(NotificationTopic { name })
}

/// Topic settings without effect in a short run with one broker.
const WITHOUT_EFFECT_HERE: [&str; 3] = ["min.insync.replicas", "retention.bytes", "retention.ms"];

/// An `AWS::MSK::Topic`.
pub(super) fn kafka_topic(scope: &Scope<'_>, resource: &Resource<'_>) -> Result<KafkaTopic> {
    let of = format!("topic {}", resource.id);
    let properties = Properties::new(scope, resource.properties()?, of, resource.line);
    // The local cluster has one broker, so one replica.
    properties.only(&["TopicName", "PartitionCount", "Configs"], &["ClusterArn", "ReplicationFactor"])?;
    notice_settings(scope, &properties);
    let line = properties.written("TopicName").ok_or_else(|| properties.missing("TopicName"))?.line;
    let name = scope.physical_name(resource, resource.line)?;
    check_kafka_topic("TopicName", &name, line)?;
    let partitions = properties.count("PartitionCount", 1..=10_000)?;
    Ok(KafkaTopic { name, partitions: partitions.ok_or_else(|| properties.missing("PartitionCount"))? })
}

/// Checks that Lambda accepts `name` as a Kafka topic, as source or as destination (API reference,
/// `CreateEventSourceMapping` and `OnFailure`).
pub(super) fn check_kafka_topic(what: &str, name: &str, line: usize) -> Result<()> {
    const FORM: &str = "1 to 249 letters, digits, dots, hyphens and underscores, not starting with a dot";
    let allowed = |one: char| one.is_ascii_alphanumeric() || "._-".contains(one);
    let taken = (1..=249).contains(&name.len()) && !name.starts_with('.') && name.chars().all(allowed);
    if taken { Ok(()) } else { Err(Located::value(line, what, name, FORM)) }
}

/// Adds a notice for each setting in `Configs` that would have an effect. `Configs` is a properties file in Base64
/// (Amazon MSK developer guide, "Topic operations").
fn notice_settings(scope: &Scope<'_>, properties: &Properties<'_>) {
    let Some(written) = properties.written("Configs") else { return };
    let Some(settings) = settings(properties) else { return properties.notice(&["Configs"]) };
    let names = settings.lines().map(|line| line.split('=').next().unwrap_or_default().trim());
    for name in names.filter(|name| !name.is_empty() && !WITHOUT_EFFECT_HERE.contains(name)) {
        scope.notice(written.line, format!("{name} in Configs of {}", properties.of()));
    }
}

fn settings(properties: &Properties<'_>) -> Option<String> {
    let (text, _) = properties.text("Configs").ok()??;
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}
