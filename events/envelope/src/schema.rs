//! JSON Schemas of events, generated from their types, for producers and consumers in other languages.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{Catalog, EventType, event::Wire};

/// The JSON Schema (2020-12) of the events of this type, envelope included.
#[must_use]
pub fn schema<P: Catalog>(event_type: EventType) -> Schema {
    let EventType { name, topic, .. } = event_type;
    let mut generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let data = P::data_schema(name, &mut generator);
    let mut schema = generator.root_schema_for::<Wire<Value>>();
    let description = format!(
        "A record's value on the topic {topic}. Fields that are not listed here are allowed; ignore them."
    );
    schema.insert("title".to_owned(), json!(name));
    schema.insert("description".to_owned(), json!(description));
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        narrow(properties, "data", "$ref", &data.unwrap_or_default());
        narrow(properties, "event_type", "const", name);
        narrow(properties, "version", "pattern", r"^1(\.|$)");
    }
    schema
}

/// Adds a payload's schema to the definitions and returns its place there.
pub fn definition<D: JsonSchema>(generator: &mut SchemaGenerator) -> String {
    generator.subschema_for::<D>();
    format!("#/$defs/{}", D::schema_name())
}

fn narrow(properties: &mut Map<String, Value>, property: &str, keyword: &str, value: &str) {
    if let Some(schema) = properties.get_mut(property).and_then(Value::as_object_mut) {
        schema.insert(keyword.to_owned(), json!(value));
    }
}
