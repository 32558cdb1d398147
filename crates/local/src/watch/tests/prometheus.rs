//! Tests that parse the exposition format.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tidings_mapping::MappingEvent;

use super::super::mappings::Mappings;
use super::super::prometheus::{escape, render};
use super::{invoked, lag, mapping, polled, records};

/// A line that is not a comment.
#[derive(Debug)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// Parses an exposition. Panics if it is malformed.
fn parse(text: &str) -> Vec<Sample> {
    assert!(text.ends_with('\n'));
    let (mut helped, mut typed) = (BTreeSet::new(), BTreeSet::new());
    let mut samples = Vec::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            assert!(helped.insert(help.split(' ').next().unwrap()), "{line}");
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            assert!(typed.insert(name) && ["counter", "gauge"].contains(&kind), "{line}");
        } else {
            let sample = sample(line);
            assert!(helped.contains(sample.name.as_str()) && typed.contains(sample.name.as_str()), "{line}");
            samples.push(sample);
        }
    }
    samples
}

fn sample(line: &str) -> Sample {
    let (name, rest) = line.split_once('{').unwrap();
    assert!(is_name(name), "{line}");
    let mut rest = rest;
    let mut labels = BTreeMap::new();
    let value = loop {
        let (label, quoted) = rest.split_once("=\"").unwrap();
        assert!(is_name(label), "{line}");
        let (value, after) = unquote(quoted);
        assert!(labels.insert(label.to_owned(), value).is_none(), "{line}");
        match after.strip_prefix("} ") {
            Some(value) => break value.parse().unwrap(),
            None => rest = after.strip_prefix(',').unwrap(),
        }
    };
    Sample { name: name.to_owned(), labels, value }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|other| other.is_ascii_alphanumeric() || other == '_')
}

/// A label's value up to its closing quote, and the rest.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    loop {
        match characters.next().unwrap() {
            (index, '"') => return (value, &text[index + 1..]),
            (_, '\\') => value.push(match characters.next().unwrap().1 {
                'n' => '\n',
                plain @ ('\\' | '"') => plain,
                other => panic!("unknown escape {other}"),
            }),
            (_, plain) => value.push(plain),
        }
    }
}

#[test]
fn every_metric_of_every_mapping_has_awss_name() {
    let mappings = Mappings::default();
    let mut on_demand = mapping("search", "orders");
    on_demand.provisioned = None;
    let watched = mappings.watch(&mapping("billing", "orders"));
    mappings.watch(&on_demand);
    let events = polled(records(0, 0..3)).chain([
        MappingEvent::Started,
        invoked(1, records(0, 0..2)),
        MappingEvent::Throttled { batch: 1 },
        lag([(0, 5), (1, 7)]),
    ]);
    for event in events {
        watched.note(&event, |_| ());
    }
    insta::assert_snapshot!(render(&mappings.all()));
    assert_eq!(parse(&render(&mappings.all())).len(), 15 + 11);
}

#[test]
fn the_counters_of_a_restarted_mapping_continue() {
    let mappings = Mappings::default();
    for start in [0, 3] {
        let watched = mappings.watch(&mapping("billing", "orders"));
        for event in polled(records(0, start..start + 3)) {
            watched.note(&event, |_| ());
        }
    }
    let samples = parse(&render(&mappings.all()));
    let polled: Vec<f64> = samples
        .iter()
        .filter(|sample| sample.name == "PolledEventCount")
        .map(|sample| sample.value)
        .collect();
    assert_eq!(polled, [6.0]);
}

proptest! {
    #[test]
    fn labels_are_escaped_for_any_text(name in any::<String>(), topic in "[a-z\\\\\"\n},= ]{0,20}") {
        let mappings = Mappings::default();
        mappings.watch(&mapping(&name, &topic));
        // `lines` splits at carriage returns before line feeds, which Prometheus does not.
        let text = render(&mappings.all()).replace("\r\n", "\n");
        let plain = |text: &str| text.to_owned();
        for sample in parse(&text) {
            let expected = BTreeMap::from([
                (plain("EventSourceMappingUUID"), format!("{name}-{topic}")),
                (plain("FunctionName"), name.clone()),
                (plain("Topic"), topic.clone()),
            ]);
            prop_assert_eq!(sample.labels, expected);
        }
        prop_assert!(!escape(&name).contains('\n'));
    }
}
