//! `schemas/` and `topics.json` match the types, and `schemas/` accepts the same events as the decoder.
//! `UPDATE_SCHEMAS=1 cargo test -p tidings-bank-events --test schemas` writes them.

#![allow(clippy::unwrap_used, reason = "a test's helpers may panic as the test itself does")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use jsonschema::Validator;
use rstest::rstest;
use serde_json::{Value, json};
use tidings_bank_events::{Event, Payload};
use tidings_events::{
    Catalog as _,
    schema::{outdated, schema},
};

fn path(event_type: &str) -> PathBuf {
    PathBuf::from(format!("{}/schemas/{event_type}.json", env!("CARGO_MANIFEST_DIR")))
}

/// The validator of the stored schema, which other languages use.
fn validator(event_type: &str) -> Validator {
    let schema: Value = serde_json::from_slice(&fs::read(path(event_type)).unwrap()).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/events");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap()))
        .collect()
}

#[test]
fn schemas_and_topics_are_up_to_date() {
    let outdated = outdated::<Payload>(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert!(
        outdated.is_empty(),
        "{outdated:?}: run UPDATE_SCHEMAS=1 cargo test -p tidings-bank-events --test schemas, and look at the difference: \
         in 1.x fields may be added, but none removed and none made mandatory. Delete what belongs to no type of event"
    );
}

#[test]
fn every_schema_is_a_valid_schema() {
    for event_type in Payload::EVENT_TYPES {
        let name = event_type.name;
        assert!(jsonschema::meta::is_valid(schema::<Payload>(*event_type).as_value()), "{name}");
    }
}

/// The properties of a field that programmers in other languages see.
#[test]
fn every_field_is_described() {
    for event_type in Payload::EVENT_TYPES {
        let of = event_type.name;
        let schema = schema::<Payload>(*event_type).to_value();
        let definitions = schema["$defs"].as_object().unwrap();
        let objects = definitions.iter().map(|(name, object)| (name.as_str(), object));
        for (name, object) in objects.chain([("the event", &schema)]) {
            assert!(object["description"].is_string(), "{of}: {name}");
            for (field, schema) in object["properties"].as_object().into_iter().flatten() {
                assert!(schema["description"].is_string(), "{of}: {name}.{field}");
            }
        }
    }
}

#[test]
fn every_fixture_matches_its_schema() {
    for (name, bytes) in fixtures() {
        let (topic, _case) = name.split_once('-').unwrap();
        let event: Value = serde_json::from_str(&tidings_events::json::readable(&bytes)).unwrap();
        let errors: Vec<_> = validator(topic)
            .iter_errors(&event)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

/// Neither the schema nor the decoder accepts these. `None` removes the field.
#[rstest]
#[case::no_id("transaction.completed", "/event_id", None)]
#[case::id_with_a_slash("transaction.completed", "/event_id", Some(json!("a/b")))]
#[case::id_too_long("transaction.completed", "/event_id", Some(json!("x".repeat(129))))]
#[case::other_type("transaction.completed", "/event_type", Some(json!("transaction.failed")))]
#[case::no_time("transaction.completed", "/timestamp", None)]
#[case::words_for_a_time("transaction.completed", "/timestamp", Some(json!("yesterday")))]
#[case::time_without_zone("transaction.completed", "/timestamp", Some(json!("2025-01-15T10:30:45")))]
#[case::other_version("transaction.completed", "/version", Some(json!("2.0")))]
#[case::version_as_number("transaction.completed", "/version", Some(json!(1.0)))]
#[case::no_data("transaction.completed", "/data", None)]
#[case::data_is_null("transaction.completed", "/data", Some(json!(null)))]
#[case::amount_in_words("transaction.completed", "/data/amount", Some(json!("five")))]
#[case::amount_with_a_comma("transaction.completed", "/data/amount", Some(json!("5,000")))]
#[case::amount_below_zero("transaction.completed", "/data/amount", Some(json!(-1)))]
#[case::amount_below_zero_as_text("transaction.completed", "/data/amount", Some(json!("-1")))]
#[case::small_currency("transaction.completed", "/data/currency", Some(json!("inr")))]
#[case::no_email("transaction.completed", "/data/from_account/user_email", None)]
#[case::name_is_null("transaction.completed", "/data/to_account/beneficiary_name", Some(json!(null)))]
#[case::reason_is_a_number("transaction.failed", "/data/reason", Some(json!(5)))]
#[case::no_phone("user.registered", "/data/user_phone", None)]
#[case::term_below_zero("loan.applied", "/data/term_months", Some(json!(-1)))]
#[case::term_in_halves("loan.applied", "/data/term_months", Some(json!(1.5)))]
#[case::term_of_ages("loan.applied", "/data/term_months", Some(json!(65_536)))]
#[case::no_rate("loan.approved", "/data/interest_rate_percent", None)]
#[case::no_such_day("statement.requested", "/data/start_date", Some(json!("2025-02-30")))]
#[case::no_key("statement.generated", "/data/key", None)]
fn broken_events_are_refused(#[case] topic: &str, #[case] place: &str, #[case] value: Option<Value>) {
    let path = format!("{}/fixtures/events/{topic}-basic.json", env!("CARGO_MANIFEST_DIR"));
    let mut event: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let (parent, field) = place.rsplit_once('/').unwrap();
    let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(field.to_owned(), value),
        None => parent.remove(field),
    };
    assert!(!validator(topic).is_valid(&event), "the schema takes {event}");
    assert!(Event::decode(event.to_string().as_bytes(), topic).is_err(), "the decoder takes {event}");
}
