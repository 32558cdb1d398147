//! Properties of all events and of all byte strings.

use proptest::prelude::*;
use serde_json::{Value, json};

use tidings_events::{
    Amount, Catalog as _,
    decode::{read_event_id, read_event_type},
    schema::schema,
};

use crate::{Event, Payload, strategies};

proptest! {
    #[test]
    fn an_encoded_event_decodes_to_the_same_event(event in strategies::event()) {
        let bytes = event.encode().unwrap();
        let decoded = Event::decode(&bytes, event.event_type()).unwrap();
        prop_assert_eq!(&decoded, &event);
        // Decimals are equal regardless of trailing zeros, so their texts are compared too.
        prop_assert_eq!(decoded.encode().unwrap(), bytes.clone());
        prop_assert_eq!(read_event_id(&bytes), Some(event.event_id.clone()));
        let event_type = read_event_type(&bytes);
        prop_assert_eq!(event_type.as_deref(), Some(event.event_type()));
    }

    #[test]
    fn amounts_keep_every_digit(amount in strategies::amount()) {
        let text = amount.0.to_string();
        let decoded: Amount = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(serde_json::to_string(&decoded).unwrap(), text);
    }

    #[test]
    fn an_encoded_event_matches_its_schema(event in strategies::event()) {
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(schema::<Payload>(event.payload.event_type()).as_value())
            .unwrap();
        let value: Value = serde_json::from_slice(&event.encode().unwrap()).unwrap();
        let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        prop_assert!(errors.is_empty(), "{errors:?}");
    }

    #[test]
    fn unknown_fields_are_ignored(event in strategies::event(), version in "1(\\.[0-9]{1,3})?") {
        let text = String::from_utf8(event.encode().unwrap()).unwrap();
        let written = "\"version\":\"1.0\",\"data\":{";
        prop_assert!(text.contains(written));
        let newer = text.replacen(
            written,
            &format!("\"version\":\"{version}\",\"more\":[1e400,{{}}],\"data\":{{\"more\":{{\"a\":1e400}},"),
            1,
        );
        prop_assert_eq!(Event::decode(newer.as_bytes(), event.event_type()).unwrap(), event);
    }

    #[test]
    fn decoding_any_bytes_does_not_panic(bytes in any::<Vec<u8>>(), topic in proptest::sample::select(Payload::TOPICS)) {
        prop_assert!(Event::decode(&bytes, topic.name).is_err());
        prop_assert_eq!(read_event_id(&bytes), None);
        prop_assert_eq!(read_event_type(&bytes), None);
    }

    #[test]
    fn decoding_a_damaged_event_does_not_panic(
        event in strategies::event(),
        place in any::<proptest::sample::Index>(),
        removed in 0..20_usize,
        inserted in prop_oneof![any::<Vec<u8>>(), "[\\[\\]{}\",:0-9.eE+-]{0,6}".prop_map(String::into_bytes)],
    ) {
        let mut bytes = event.encode().unwrap();
        let start = place.index(bytes.len());
        let end = bytes.len().min(start + removed);
        bytes.splice(start..end, inserted);
        if let Ok(decoded) = Event::decode(&bytes, event.event_type()) {
            prop_assert!(decoded.encode().is_ok());
        }
        let _ = read_event_id(&bytes);
        let _ = read_event_type(&bytes);
    }

    #[test]
    fn metadata_keeps_what_callers_add(event in strategies::event()) {
        let value: Value = serde_json::from_slice(&event.encode().unwrap()).unwrap();
        for (name, more) in &event.metadata.more {
            prop_assert_eq!(value["metadata"][name].to_string(), more.get());
        }
        prop_assert_eq!(&value["version"], &json!("1.0"));
    }
}
