//! Error messages for records that are not valid events, which must not contain personal data.

use serde_json::{Value, json};

use tidings_events::{DecodeError, Metadata, RawJson, decode::read_event_id, json::readable};

use crate::{Event, Payload, TransactionId};

const TOPIC: &str = "transaction.completed";
const SEED: &str = include_str!("../../fixtures/events/transaction.completed-seed.json");

fn error(document: &str) -> DecodeError {
    Event::decode(document.as_bytes(), TOPIC).unwrap_err()
}

/// The seed's event with a part of its text replaced.
fn broken(from: &str, to: &str) -> String {
    assert!(SEED.contains(from), "{from}");
    error(&SEED.replacen(from, to, 1)).to_string()
}

#[test]
fn documents_that_are_not_json_objects() {
    for (document, message) in [
        ("", "the document: not valid JSON, EOF while parsing a value (line 1, column 0)"),
        ("{", "the document: not valid JSON, EOF while parsing an object (line 1, column 1)"),
        ("{\"version\": \"1.0\",}", "the document: not valid JSON, trailing comma (line 1, column 19)"),
        ("hello", "the document: not valid JSON, expected value (line 1, column 1)"),
        ("\u{feff}{}", "the document: not valid JSON, expected value (line 1, column 1)"),
        ("5", "the document: wrong type, expected an object (line 1, column 1)"),
        ("null", "the document: wrong type, expected an object (line 1, column 4)"),
        ("{}", "the document: missing field `version` (line 1, column 2)"),
    ] {
        assert_eq!(error(document).to_string(), format!("the event is malformed: {message}"));
    }
    let twice = format!("{SEED}{SEED}");
    assert_eq!(
        error(&twice).to_string(),
        "the event is malformed: the document: not valid JSON, trailing characters (line 30, column 1)"
    );
    let invalid = [SEED.as_bytes(), b"\xff"].concat();
    assert!(matches!(Event::decode(&invalid, TOPIC), Err(DecodeError::Malformed(_))));
}

#[test]
fn invalid_fields() {
    let schema = "not of the form that its schema asks for";
    for (from, to, message) in [
        (
            "  \"event_id\": \"EVT-12345678\",\n",
            "",
            "the document: missing field `event_id` (line 28, column 1)",
        ),
        (
            "\"event_id\": \"EVT-12345678\"",
            "\"event_id\": \"a\", \"event_id\": \"b\"",
            "the document: duplicate field `event_id` (line 2, column 29)",
        ),
        (
            "EVT-12345678",
            "../x",
            "event_id: expected 1 to 128 of A-Z a-z 0-9 . _ : @ -, not starting with a dot (line 2, column 20)",
        ),
        ("2025-01-15T", "yesterday ", &format!("timestamp: {schema} (line 4, column 40)")),
        (
            "\"USR789012\"",
            "7",
            "data.from_account.user_id: wrong type, expected a string (line 10, column 18)",
        ),
        (
            "      \"user_id\": \"USR789012\",\n",
            "",
            "data.from_account: missing field `user_id` (line 13, column 5)",
        ),
        (
            "5000.00",
            "\"5,000.00\"",
            "data.amount: expected a decimal number of at most 28 digits (line 19, column 24)",
        ),
        ("5000.00", "-0.01", "data.amount: expected an amount that is not negative (line 19, column 19)"),
        ("5000.00", "05", "the document: not valid JSON, invalid number (line 19, column 16)"),
        (
            "5000.00",
            "1e400",
            "data.amount: expected a decimal number of at most 28 digits (line 19, column 19)",
        ),
        ("\"INR\"", "\"RUPEE\"", &format!("data.currency: {schema} (line 20, column 23)")),
    ] {
        assert_eq!(broken(from, to), format!("the event is malformed: {message}"));
    }
}

/// `UserRegistered` flattens `User`. Its errors still name the field that is wrong.
#[test]
fn invalid_fields_of_a_flattened_payload() {
    let event = json!({
        "event_id": "EVT-1", "event_type": "user.registered", "timestamp": "2025-01-15T10:30:45Z",
        "version": "1.0", "data": { "user_id": "a/b" },
    });
    let error = Event::decode(event.to_string().as_bytes(), "user.registered").unwrap_err();
    assert!(error.to_string().contains("data.user_id: expected 1 to 128 of"), "{error}");
}

#[test]
fn unknown_versions_types_and_topics() {
    assert_eq!(
        broken("\"1.0\"", "\"2.0\""),
        "event version 2.0 is not supported, only 1.x is; deploy a newer version of this function"
    );
    assert_eq!(
        broken("transaction.completed", "transaction.\\nreversed"),
        "event type transaction.\\nreversed is unknown; deploy a newer version of this function or fix the \
         producer"
    );
    assert_eq!(
        broken("transaction.completed", "bill.paid"),
        "event type bill.paid was published to topic transaction.completed; fix the producer"
    );
    for version in ["2.0", "10.0", "0.1", "", "v1.0", "1_0", " 1.0"] {
        let document = SEED.replacen("\"1.0\"", &format!("{version:?}"), 1);
        assert_eq!(error(&document).error_type(), "UnknownEventVersion", "{version}");
    }
    let other_envelope = error(r#"{"version": "2.0", "event_type": "transaction.completed", "id": 5}"#);
    assert_eq!(other_envelope.error_type(), "UnknownEventVersion");
    let long = error(&SEED.replacen("transaction.completed", &"\u{7}".repeat(10_000), 1));
    assert!(matches!(long, DecodeError::Malformed(_)), "a control character must be escaped in JSON");
    let long = error(&SEED.replacen("transaction.completed", &"x".repeat(10_000), 1));
    assert_eq!(long, DecodeError::UnknownType { event_type: "x".repeat(64) });
}

#[test]
fn unusual_events_that_are_accepted() {
    for (from, to) in [
        ("\"1.0\"", "\"1.17\""),
        ("\"1.0\"", "\"1\""),
        ("\"2025-01-15T10:30:45.123Z\"", "\"2025-01-15T16:00:45.123+05:30\""),
        ("\"2025-01-15T10:30:45.123Z\"", "\"2025-01-15T10:30:45.123000000999+00:00\""),
        ("John Doe", "\\u004aohn\\u0020Doe"),
        ("\"EVT-12345678\"", "\"\\u0045VT-12345678\""),
        ("5000.00", "5e3"),
        ("5000.00", "\"5000.00\""),
        ("\"version\"", "\"deep\": {}, \"version\""),
    ] {
        assert!(SEED.contains(from), "{from}");
        let nested = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        let document = SEED.replacen(from, to, 1).replace("\"deep\": {}", &format!("\"deep\": {nested}"));
        let event = Event::decode(document.as_bytes(), TOPIC).unwrap();
        assert_eq!(event, Event::decode(SEED.as_bytes(), TOPIC).unwrap(), "{to}");
    }
}

#[test]
fn invalid_metadata_do_not_make_an_event_unreadable() {
    let (before, _) = SEED.split_once(",\n  \"metadata\"").unwrap();
    for metadata in [
        "",
        ",\"metadata\":null",
        ",\"metadata\":{}",
        ",\"metadata\":{\"locale\":null}",
        ",\"metadata\":[]",
        ",\"metadata\":\"iOS\"",
    ] {
        let event = Event::decode(format!("{before}{metadata}}}").as_bytes(), TOPIC).unwrap();
        assert_eq!(event.metadata, Metadata::default(), "{metadata}");
    }
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    for value in ["1e400", "0.12345678901234567890123456789012345", "5000.00", "\"\\ufffd\"", &deep] {
        let document = SEED.replacen("\"ip_address\"", &format!("\"more\":{value},\"ip_address\""), 1);
        let event = Event::decode(document.as_bytes(), TOPIC).unwrap();
        let encoded = String::from_utf8(event.encode().unwrap()).unwrap();
        assert!(encoded.contains(&format!("\"more\":{value}")), "{value}");
        assert_eq!(event.metadata.ip_address.as_deref(), Some("192.168.1.1"));
    }
    for (field, value) in [("locale", "1"), ("ip_address", "[\"192.168.1.1\"]"), ("user_agent", "{}")] {
        let document = format!("{before},\"metadata\":{{\"{field}\":{value}}}}}");
        let Event { metadata, .. } = Event::decode(document.as_bytes(), TOPIC).unwrap();
        assert_eq!((metadata.locale, metadata.ip_address, metadata.user_agent), (None, None, None));
        assert_eq!(metadata.more.get(field).map(RawJson::get), Some(value), "{document}");
    }
}

#[test]
fn an_invalid_optional_text_does_not_make_an_event_unreadable() {
    for (value, read) in [
        ("42", Some("42")),
        ("4.20", Some("4.20")),
        ("true", Some("true")),
        ("null", None),
        ("{\"text\": \"Lunch\"}", None),
        ("[\"Lunch\"]", None),
    ] {
        let document = SEED.replace("\"Monthly rent\"", value);
        let event = Event::decode(document.as_bytes(), TOPIC).unwrap();
        let Payload::TransactionCompleted(transfer) = event.payload else { panic!("a transfer") };
        assert_eq!(transfer.description.as_deref(), read, "{value}");
    }
    for (id, read) in [("\"SO-1\"", Some("SO-1")), ("\"\"", None), ("\"SO/1\"", None), ("7", Some("7"))] {
        let document = SEED.replace("\"amount\"", &format!("\"schedule_id\": {id}, \"amount\""));
        let event = Event::decode(document.as_bytes(), TOPIC).unwrap();
        let Payload::TransactionCompleted(transfer) = event.payload else { panic!("a transfer") };
        assert_eq!(transfer.schedule_id.as_ref().map(TransactionId::as_str), read, "{id}");
    }
}

/// A description that was cut within a character, by JavaScript or by a limit in bytes.
#[test]
fn text_that_was_cut_within_a_character() {
    for (cut, readable) in [
        ("Lunch \\ud83d", "Lunch \u{fffd}"),
        ("\\udE00 Lunch \\uD83d\\uDE00", "\u{fffd} Lunch 😀"),
        ("Lunch \\\\ud83d", "Lunch \\ud83d"),
    ] {
        let document = SEED.replace("Monthly rent", cut);
        let event = Event::decode(document.as_bytes(), TOPIC).unwrap();
        let Payload::TransactionCompleted(transfer) = event.payload else { panic!("a transfer") };
        assert_eq!(transfer.description.as_deref(), Some(readable));
    }
    let bytes = [&b"Lunch \xf0\x9f"[..], &b"Caf\xe9"[..]];
    for (bytes, readable) in bytes.into_iter().zip(["Lunch \u{fffd}", "Caf\u{fffd}"]) {
        let (before, after) = SEED.split_once("Monthly rent").unwrap();
        let document = [before.as_bytes(), bytes, after.as_bytes()].concat();
        let event = Event::decode(&document, TOPIC).unwrap();
        let Payload::TransactionCompleted(transfer) = event.payload else { panic!("a transfer") };
        assert_eq!(transfer.description.as_deref(), Some(readable));
        assert_eq!(read_event_id(&document), Some(event.event_id));
    }
}

/// Replaces each value of each fixture with `marker`, one after the other.
#[test]
fn no_message_quotes_a_value() {
    const SECRET: &str = "SECRET";
    let markers = [
        json!(SECRET),
        json!("invalid type: SECRET, expected SECRET at line 1 column 1"),
        json!("missing field `SECRET`"),
        json!([SECRET]),
        json!({ SECRET: SECRET }),
        json!(735_197_351_973_519_u64),
        json!(-735_197_351_973_519_i64),
        json!(7_351.973_519),
    ];
    let mut errors = 0;
    for (topic, fixture) in fixtures() {
        for place in places(&fixture) {
            for marker in &markers {
                let mut damaged = fixture.clone();
                *damaged.pointer_mut(&place).unwrap() = marker.clone();
                let Err(error) = Event::decode(damaged.to_string().as_bytes(), &topic) else { continue };
                let shown = format!("{error} {error:?}");
                errors += 1;
                // An unknown type or version is shown, so that people can search for it.
                let is_shown = ["/event_type", "/version"].contains(&place.as_str());
                let quotes = shown.contains(SECRET) || shown.contains("7351973") || shown.contains("7351.97");
                assert!(is_shown || !quotes, "{topic}{place}: {shown}");
            }
        }
    }
    assert!(errors > 500, "only {errors} of the damaged events were refused");
}

/// Cuts an event with marked values and keys after each byte.
#[test]
fn no_message_quotes_a_truncated_event() {
    let marked = SEED.replace("John Doe", "SECRET").replacen('{', "{\"SECRET\": {\"SECRET\": [5]},", 1);
    for end in 0..marked.trim_end().len() {
        let shown = format!("{:?}", Event::decode(&marked.as_bytes()[..end], TOPIC).unwrap_err());
        assert!(!shown.contains("SECRET"), "cut at {end}: {shown}");
    }
}

#[test]
fn debug_shows_nothing_personal() {
    const SHOWN: [&str; 9] = [
        "_id",
        "event_type",
        "transaction_type",
        "currency",
        "reason",
        "locale",
        "method",
        "bucket",
        "version",
    ];
    for (topic, fixture) in fixtures() {
        let shown = format!("{:?}", Event::decode(fixture.to_string().as_bytes(), &topic).unwrap());
        for place in places(&fixture) {
            let is_personal = place.ends_with("device_id") || !SHOWN.iter().any(|end| place.ends_with(end));
            if let Some(Value::String(text)) = fixture.pointer(&place)
                && is_personal
                && !["/timestamp", "_date", "/key"].iter().any(|end| place.ends_with(end))
            {
                assert!(!shown.contains(text), "{topic}{place}: {shown}");
            }
        }
    }
}

fn fixtures() -> Vec<(String, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/events");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    let fixtures = files.map(|bytes| {
        let fixture: Value = serde_json::from_str(&readable(&bytes)).unwrap();
        (fixture["event_type"].as_str().unwrap().to_owned(), fixture)
    });
    fixtures.collect()
}

/// The JSON pointers of all values in `value`.
fn places(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(name, child)| (format!("/{name}"), child)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(at, child)| (format!("/{at}"), child)).collect()
        }
        _ => Vec::new(),
    };
    let below = |(name, child): (String, &Value)| {
        let deeper = places(child).into_iter().map(|place| format!("{name}{place}")).collect::<Vec<_>>();
        std::iter::once(name.clone()).chain(deeper).collect::<Vec<_>>()
    };
    children.into_iter().flat_map(below).collect()
}
