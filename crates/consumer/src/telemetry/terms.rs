//! OpenTelemetry's attribute names, for attributes that have shorter names in the logs.
//! <https://opentelemetry.io/docs/specs/semconv/messaging/kafka/>

use opentelemetry::{
    KeyValue, Value,
    trace::{SpanKind, Status},
};
use opentelemetry_sdk::{Resource, trace::SpanData};

use crate::settings::Settings;

/// The resource that sends the spans. <https://opentelemetry.io/docs/specs/semconv/resource/faas/>
pub fn resource(function: &str, settings: &Settings) -> Resource {
    let known = [
        ("faas.version", "AWS_LAMBDA_FUNCTION_VERSION"),
        ("faas.instance", "AWS_LAMBDA_LOG_STREAM_NAME"),
        ("cloud.region", "AWS_REGION"),
    ];
    let known = known.into_iter().filter_map(|(name, variable)| {
        settings.get(variable).map(|value| KeyValue::new(name, value.to_owned()))
    });
    Resource::builder()
        .with_service_name(function.to_owned())
        .with_attributes([
            KeyValue::new("faas.name", function.to_owned()),
            KeyValue::new("cloud.provider", "aws"),
            KeyValue::new("cloud.platform", "aws_lambda"),
        ])
        .with_attributes(known)
        .build()
}

/// Renames a span and its attributes to OpenTelemetry's conventions.
pub fn translated(mut span: SpanData) -> SpanData {
    if value_of(&span.attributes, "rpc.system").is_some() {
        span.span_kind = SpanKind::Client;
    }
    let operation = match span.name.as_ref() {
        "record" => "process",
        "write" => "write",
        _ => return span,
    };
    if operation == "process" {
        span.span_kind = SpanKind::Consumer;
        span.attributes.push(KeyValue::new("messaging.operation.type", "process"));
    }
    if let Some(topic) = value_of(&span.attributes, "topic") {
        span.name = format!("{operation} {topic}").into();
    }
    span.attributes.retain(|attribute| attribute.key.as_str() != "trace_id");
    for attribute in &mut span.attributes {
        rename(attribute);
    }
    span.attributes.extend([
        KeyValue::new("messaging.system", "kafka"),
        KeyValue::new("messaging.operation.name", operation),
    ]);
    if matches!(span.status, Status::Error { .. }) && value_of(&span.attributes, "error.type").is_none() {
        // The last message about the record is the reason for its failure.
        let said = span.events.iter().rev().find_map(|event| value_of(&event.attributes, "error.type"));
        span.attributes.extend(said.map(|error_type| KeyValue::new("error.type", error_type)));
    }
    span
}

fn rename(attribute: &mut KeyValue) {
    let name = match attribute.key.as_str() {
        "request_id" => "faas.invocation_id",
        "event_id" => "messaging.message.id",
        "event_type" => "tidings.event_type",
        "topic" => "messaging.destination.name",
        "partition" => {
            attribute.value = attribute.value.to_string().into();
            "messaging.destination.partition.id"
        }
        "offset" => "messaging.kafka.offset",
        "records" => "messaging.batch.message_count",
        _ => return,
    };
    attribute.key = name.into();
}

/// The value of an attribute.
pub fn value_of(attributes: &[KeyValue], key: &str) -> Option<Value> {
    attributes.iter().find(|attribute| attribute.key.as_str() == key).map(|attribute| attribute.value.clone())
}
