//! JSON Schemas of events for producers and consumers in other languages, generated from the types.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{Catalog, EventType, catalog::topics, event::Wire};

/// The JSON Schema (2020-12) of the events of this type, including the envelope.
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

/// The generated files in a domain's folder that differ from its types: `topics.json`, and a schema for each type of
/// event in `schemas/`. If the variable `UPDATE_SCHEMAS` is set, the files are written first. A test in the domain's
/// crate calls this.
///
/// # Errors
/// A file or folder cannot be read or written.
pub fn outdated<P: Catalog>(domain: &Path) -> io::Result<Vec<PathBuf>> {
    let schemas = domain.join("schemas");
    let mut expected = vec![(domain.join("topics.json"), topics::<P>())];
    for event_type in P::EVENT_TYPES {
        expected
            .push((schemas.join(format!("{}.json", event_type.name)), schema::<P>(*event_type).to_value()));
    }
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::create_dir_all(&schemas)?;
        for (path, value) in &expected {
            fs::write(path, format!("{value:#}\n"))?;
        }
    }
    // Values are compared instead of texts, because the order of fields depends on the features of the whole build.
    let differs = |(path, value): &(PathBuf, Value)| {
        let stored = fs::read(path).ok().and_then(|json| serde_json::from_slice::<Value>(&json).ok());
        stored.as_ref() != Some(value)
    };
    let mut outdated: Vec<PathBuf> =
        expected.iter().filter(|it| differs(it)).map(|(path, _)| path.clone()).collect();
    let names: BTreeSet<OsString> =
        expected.iter().filter_map(|(path, _)| Some(path.file_name()?.to_owned())).collect();
    for entry in fs::read_dir(&schemas)? {
        let entry = entry?;
        if !names.contains(&entry.file_name()) {
            outdated.push(entry.path());
        }
    }
    Ok(outdated)
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
