//! JSON Schemas of the events, generated from the types. `schemas/` holds them for other languages; a test
//! fails when the two differ.

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{Topic, event::Wire};

const DESCRIPTION: &str =
    "A record's value on the topic of this name. Fields that are not listed here are allowed; ignore them.";

/// The JSON Schema (2020-12) of the events on `topic`, envelope included.
#[must_use]
pub fn schema(topic: Topic) -> Schema {
    let mut generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let data = topic.payload_reference(&mut generator);
    let mut schema = generator.root_schema_for::<Wire<Value>>();
    schema.insert("title".to_owned(), json!(topic.name()));
    schema.insert("description".to_owned(), json!(DESCRIPTION));
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        narrow(properties, "data", "$ref", &data);
        narrow(properties, "event_type", "const", topic.name());
        narrow(properties, "version", "pattern", r"^1(\.|$)");
    }
    schema
}

fn narrow(properties: &mut Map<String, Value>, property: &str, keyword: &str, value: &str) {
    if let Some(schema) = properties.get_mut(property).and_then(Value::as_object_mut) {
        schema.insert(keyword.to_owned(), json!(value));
    }
}
