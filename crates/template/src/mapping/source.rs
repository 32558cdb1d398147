//! A mapping's cluster and consumer group.

use tidings_trigger::EventSource;

use super::super::error::{Located, Result};
use super::super::properties::{Properties, check_name};
use super::super::scope::{Scope, Unset};

/// How a mapping is written in the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Form {
    /// An event of type MSK.
    Msk,
    /// An event of type `SelfManagedKafka`.
    SelfManagedKafka,
    /// An `AWS::Lambda::EventSourceMapping`.
    Resource,
}

/// Properties of this form of mapping only.
pub(super) fn evaluated(form: Form) -> &'static [&'static str] {
    match form {
        Form::Msk => &["Stream", "ConsumerGroupId", "SchemaRegistryConfig"],
        Form::SelfManagedKafka => &["KafkaBootstrapServers", "ConsumerGroupId", "SchemaRegistryConfig"],
        Form::Resource => &[
            "FunctionName",
            "EventSourceArn",
            "SelfManagedEventSource",
            "AmazonManagedKafkaEventSourceConfig",
            "SelfManagedKafkaEventSourceConfig",
        ],
    }
}

/// Properties for access to the real cluster, which have no effect locally.
pub(super) fn meaningless_here(form: Form) -> &'static [&'static str] {
    match form {
        Form::Msk => &["SourceAccessConfigurations", "KmsKeyArn"],
        Form::SelfManagedKafka => &["SourceAccessConfigurations", "KmsKeyArn", "SecretsManagerKmsKeyId"],
        Form::Resource => &["SourceAccessConfigurations", "KmsKeyArn", "Tags"],
    }
}

/// The cluster, and the consumer group if it is set.
pub(super) fn read(
    scope: &Scope<'_>,
    form: Form,
    properties: &Properties<'_>,
) -> Result<(EventSource, Option<String>)> {
    match form {
        Form::Msk => Ok((msk(scope, properties, "Stream")?, group(properties)?)),
        Form::SelfManagedKafka => Ok((brokers(properties)?, group(properties)?)),
        Form::Resource => of_resource(scope, properties),
    }
}

fn of_resource(scope: &Scope<'_>, properties: &Properties<'_>) -> Result<(EventSource, Option<String>)> {
    let Some(node) = properties.get_with_stand_ins("SelfManagedEventSource", Unset::Any)?.0 else {
        let group = configured_group(properties, "AmazonManagedKafkaEventSourceConfig", &[])?;
        return Ok((msk(scope, properties, "EventSourceArn")?, group));
    };
    let source = properties.inner("SelfManagedEventSource", &node)?;
    let endpoints = source.required("Endpoints")?;
    let brokers = brokers(&source.inner("Endpoints", &endpoints)?)?;
    let group = configured_group(properties, "SelfManagedKafkaEventSourceConfig", &["ConsumptionMode"])?;
    Ok((brokers, group))
}

fn msk(scope: &Scope<'_>, properties: &Properties<'_>, name: &'static str) -> Result<EventSource> {
    let written = properties.written(name).ok_or_else(|| properties.missing(name))?;
    let arn = scope.cluster(written)?.ok_or_else(|| properties.missing(name))?;
    Ok(EventSource::Msk(arn.text(name)?.to_owned()))
}

fn brokers(properties: &Properties<'_>) -> Result<EventSource> {
    const NAME: &str = "KafkaBootstrapServers";
    let servers =
        properties.get_with_stand_ins(NAME, Unset::Any)?.0.ok_or_else(|| properties.missing(NAME))?;
    let named = servers.list(NAME)?.iter().map(|server| server.text(NAME).map(str::to_owned));
    let named = named.collect::<Result<Vec<_>>>()?;
    if named.is_empty() {
        return Err(Located::kind(servers.line, NAME, "a list of host:port"));
    }
    Ok(EventSource::SelfManagedKafka(named))
}

fn configured_group(properties: &Properties<'_>, config: &str, more: &[&str]) -> Result<Option<String>> {
    let Some(node) = properties.outermost(config)? else { return Ok(None) };
    let config = properties.inner(config, &node)?;
    config.only(&[&["ConsumerGroupId", "SchemaRegistryConfig"], more].concat(), &[])?;
    group(&config)
}

/// The consumer group if it is set. Rejects settings that would change how records are read.
fn group(properties: &Properties<'_>) -> Result<Option<String>> {
    if let Some(registry) = properties.get_with_stand_ins("SchemaRegistryConfig", Unset::Any)?.0 {
        let construct = "SchemaRegistryConfig, which would change payloads";
        let remedy = "remove it from the template that you run locally";
        return Err(Located::unsupported(registry.line, construct, remedy));
    }
    if let Some((mode, line)) = properties.text("ConsumptionMode")?
        && !mode.eq_ignore_ascii_case("stream")
    {
        // Share groups (AWS Lambda developer guide, "Polling Kafka topics in Queue mode").
        return Err(Located::unsupported(line, format!("ConsumptionMode {mode}"), "use Stream"));
    }
    let Some((group, line)) = properties.text("ConsumerGroupId")? else { return Ok(None) };
    check_name("ConsumerGroupId", &group, line, 200, "-/*:_+=.@")?;
    Ok(Some(group))
}
