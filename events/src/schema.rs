//! JSON Schemas of the events, generated from the types. `schemas/` holds them for other languages; a test
//! fails when the two differ.

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Value, json};

use crate::{Topic, event::Wire};

/// The JSON Schema (2020-12) of the events on `topic`, envelope included.
#[must_use]
pub fn schema(topic: Topic) -> Schema {
    let mut generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let data = topic.payload_schema(&mut generator);
    let mut schema = generator.root_schema_for::<Wire<Value>>();
    schema.insert("title".to_owned(), json!(topic.name()));
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("data".to_owned(), data.to_value());
        properties.insert("event_type".to_owned(), json!({ "const": topic.name() }));
        properties.insert("version".to_owned(), json!({ "type": "string", "pattern": r"^1(\.|$)" }));
    }
    schema
}
