//! Reads an `AWS::Lambda::EventSourceMapping`.

use tidings_trigger::Mapping;

use super::super::error::Result;
use super::super::names::function_name;
use super::super::properties::Properties;
use super::super::resource::Resource;
use super::super::scope::{Scope, Unset};
use super::Form;

/// Reads the mapping. If its source is not Kafka, adds a notice and returns `None`.
pub(in super::super) fn read_resource(scope: &Scope<'_>, resource: &Resource<'_>) -> Result<Option<Mapping>> {
    let of = format!("mapping {}", resource.id);
    let properties = Properties::new(scope, resource.properties()?, of.as_str(), resource.line);
    if let Some(other) = other_source(&properties)? {
        scope.notice(resource.line, format!("the mapping {} from {other}", resource.id));
        return Ok(None);
    }
    let function = properties.required("FunctionName")?;
    let function = function_name(function.text("FunctionName")?);
    super::read(scope, Form::Resource, resource.properties()?, &of, resource.line, function).map(Some)
}

/// The source if it is not Kafka. If the source is unknown, Kafka is recognised by its specific properties.
fn other_source(properties: &Properties<'_>) -> Result<Option<String>> {
    const OF_KAFKA: [&str; 3] = ["SelfManagedEventSource", "AmazonManagedKafkaEventSourceConfig", "Topics"];
    let Some(source) = properties.get_with_stand_ins("EventSourceArn", Unset::Any)?.0 else {
        return Ok(None);
    };
    let text = source.text("EventSourceArn")?;
    let kafka = match text.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(1)) {
        Some(service) => service == "kafka",
        None => OF_KAFKA.iter().any(|name| properties.written(name).is_some()),
    };
    Ok(if kafka { None } else { Some(text.to_owned()) })
}
