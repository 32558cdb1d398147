use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::Pattern;
use super::filter;
use bytes::Bytes;

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e6..1e6).prop_map(|number: f64| json!(number)),
        ".{0,6}".prop_map(Value::from),
    ]
}

fn name() -> &'static str {
    "[a-e\\.\"\\\\ä]{1,3}"
}

/// An object of scalars and nested objects, without arrays.
fn record() -> impl Strategy<Value = Value> {
    let object =
        |inner| btree_map(name(), inner, 1..4).prop_map(|fields| Value::Object(fields.into_iter().collect()));
    object(scalar().prop_recursive(4, 32, 4, move |inner| object(inner.boxed()).boxed()).boxed())
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        name().prop_map(String::from),
        proptest::sample::select(&[
            "value",
            "$or",
            "anything-but",
            "numeric",
            "prefix",
            "exists",
            "wildcard",
            "cidr"
        ])
        .prop_map(String::from),
    ];
    scalar().prop_recursive(5, 48, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(key.clone(), inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The pattern that matches exactly these fields.
fn exactly(record: &Value) -> Value {
    match record {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), exactly(value))).collect(),
        leaf => json!([leaf]),
    }
}

/// Changes the leaf with this index. Returns false if there are fewer leaves.
fn change_leaf(record: &mut Value, countdown: &mut usize) -> bool {
    match record {
        Value::Object(fields) => fields.values_mut().any(|value| change_leaf(value, countdown)),
        leaf if *countdown == 0 => {
            *leaf = json!(format!("{leaf}!"));
            true
        }
        _ => {
            *countdown -= 1;
            false
        }
    }
}

fn accepts(pattern: &Pattern, record: &Value) -> bool {
    pattern.accepts(Some(record.to_string().as_bytes()), Bytes::new)
}

fn operator() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-c]{0,2}".prop_map(|text| json!({ "prefix": text })),
        "[a-c]{0,2}".prop_map(|text| json!({ "suffix": text })),
        "[a-cA-C]{0,2}".prop_map(|text| json!({ "equals-ignore-case": text })),
        "[a-c]{0,2}".prop_map(|text| json!({ "anything-but": text })),
        "\\*?[a-c]\\*?[a-c]{0,2}".prop_map(|text| json!({ "wildcard": text })),
        (-3..3).prop_map(|bound| json!({ "numeric": [">=", bound] })),
        any::<bool>().prop_map(|wanted| json!({ "exists": wanted })),
        "[a-c]{0,2}".prop_map(Value::from),
    ]
}

fn small_value() -> impl Strategy<Value = Value> {
    prop_oneof!["[a-cA-C]{0,4}".prop_map(Value::from), (-4..4).prop_map(Value::from), Just(Value::Null)]
}

proptest! {
    #[test]
    fn parsing_any_text_does_not_panic(pattern in ".*", value in vec(any::<u8>(), 0..64)) {
        if let Ok(pattern) = Pattern::parse(&pattern) {
            let _ = pattern.accepts(Some(&value), Bytes::new);
        }
    }

    #[test]
    fn matching_any_json_does_not_panic(part in any_json(), record in any_json()) {
        for pattern in [part.clone(), json!({ "value": part }), json!({ "value": { "a": [part] } })] {
            if let Ok(pattern) = Pattern::parse(&pattern.to_string()) {
                accepts(&pattern, &record);
                let _ = pattern.accepts(None, Bytes::new);
            }
        }
    }

    #[test]
    fn matching_any_value_does_not_panic(value in vec(any::<u8>(), 0..64), text in "[\\[\\]{}\":,a1\\\\u ]{0,24}") {
        for fields in [json!({ "a": { "a": ["a", { "exists": false }] } }), json!([{ "wildcard": "a*a" }])] {
            let pattern = filter(&fields);
            let _ = pattern.accepts(Some(&value), Bytes::new);
            let _ = pattern.accepts(Some(text.as_bytes()), Bytes::new);
        }
    }

    #[test]
    fn a_pattern_of_a_records_values_accepts_the_record(record in record()) {
        prop_assert!(accepts(&filter(&exactly(&record)), &record));
    }

    #[test]
    fn a_changed_value_is_rejected(record in record(), mut leaf in 0..4_usize) {
        let pattern = filter(&exactly(&record));
        let mut changed = record.clone();
        prop_assume!(change_leaf(&mut changed, &mut leaf));
        prop_assert!(!accepts(&pattern, &changed));
    }

    #[test]
    fn a_missing_field_is_rejected(record in record()) {
        let pattern = filter(&exactly(&record));
        let fields = record.as_object().unwrap().clone();
        let fewer: Map<String, Value> = fields.into_iter().skip(1).collect();
        prop_assert!(!accepts(&pattern, &Value::Object(fewer)));
    }

    #[test]
    fn additional_fields_are_ignored(record in record(), more in any_json()) {
        let pattern = filter(&exactly(&record));
        let mut record = record;
        record["another field"] = more;
        prop_assert!(accepts(&pattern, &record));
    }

    #[test]
    fn anything_but_is_the_opposite_of_equals(unwanted in "[a-c]{0,2}", value in small_value()) {
        let record = json!({ "a": value });
        let but = filter(&json!({ "a": [{ "anything-but": unwanted }] }));
        let equals = filter(&json!({ "a": [unwanted] }));
        prop_assert_ne!(accepts(&but, &record), accepts(&equals, &record));
    }

    #[test]
    fn a_list_accepts_what_one_of_its_entries_accepts(
        entries in vec(operator(), 1..4),
        value in small_value(),
    ) {
        let record = json!({ "a": value });
        let alone = |entry: &Value| accepts(&filter(&json!({ "a": [entry] })), &record);
        prop_assert_eq!(accepts(&filter(&json!({ "a": entries })), &record), entries.iter().any(alone));
    }

    #[test]
    fn or_accepts_what_one_of_its_alternatives_accepts(
        (left, right) in (operator(), operator()),
        (a, b) in (small_value(), small_value()),
    ) {
        let record = json!({ "a": a, "b": b });
        let (left, right) = (json!({ "a": [left] }), json!({ "b": [right] }));
        let either = accepts(&filter(&left), &record) || accepts(&filter(&right), &record);
        prop_assert_eq!(accepts(&filter(&json!({ "$or": [left, right] })), &record), either);
    }

    #[test]
    fn an_array_of_values_accepts_what_one_of_them_accepts(
        entry in operator(),
        values in vec(small_value(), 1..4),
    ) {
        let pattern = filter(&json!({ "a": [entry] }));
        let one = values.iter().any(|value| accepts(&pattern, &json!({ "a": value })));
        prop_assert_eq!(accepts(&pattern, &json!({ "a": values })), one);
    }

    #[test]
    fn a_wildcard_accepts_what_trying_every_length_accepts(
        pattern in "[ab]{0,2}(\\*[ab]{1,2}){0,3}\\*?",
        text in "[ab]{0,8}",
    ) {
        let wildcard = filter(&json!({ "a": [{ "wildcard": pattern }] }));
        prop_assert_eq!(accepts(&wildcard, &json!({ "a": text })), glob(pattern.as_bytes(), text.as_bytes()));
    }
}

/// A naive reference implementation of wildcards.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|start| glob(rest, &text[start..])),
        Some((byte, rest)) => text.first() == Some(byte) && glob(rest, &text[1..]),
    }
}
