//! This project's own templates, read as the local stack reads them.

#![allow(clippy::unwrap_used, reason = "a test's helpers may panic as the test itself does")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use tidings_bank_events::Payload;
use tidings_events::Catalog as _;
use tidings_template::{Function, Table, Template, TemplateSettings};
use tidings_trigger::{Pollers, StartingPosition};

const GIVEN: [(&str, &str); 5] = [
    ("KafkaClusterArn", "arn:aws:kafka:us-east-1:000000000000:cluster/local/1"),
    ("KafkaBootstrapServers", "127.0.0.1:9092"),
    ("KafkaAuth", "none"),
    ("EmailFrom", "no-reply@example.com"),
    ("PortalUrl", "https://portal.example.com"),
];

fn project(more: &[(&str, &str)]) -> Template {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let files = tidings_cli::project(&repository, BTreeMap::new()).unwrap().templates;
    let given = GIVEN.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let settings = TemplateSettings {
        parameters: given.collect(),
        emulator_endpoint: "http://127.0.0.1:4566".to_owned(),
    };
    Template::read(&files, &settings).unwrap()
}

const SIX: [&str; 6] = ["bank-email", "bank-sms", "bank-push", "bank-statement", "bank-audit", "bank-ledger"];

/// The functions that the catalog names; one that was added since may be set otherwise.
fn the_six(template: &Template) -> Vec<&Function> {
    template.functions.iter().filter(|function| SIX.contains(&function.binary.as_str())).collect()
}

fn environment_of(template: &Template, binary: &str) -> BTreeMap<String, String> {
    template.functions.iter().find(|function| function.binary == binary).unwrap().environment.clone()
}

#[test]
fn mappings_are_as_the_template_says() {
    let template = project(&[]);
    let functions = the_six(&template);
    let names: Vec<_> = functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(names, SIX.map(|name| format!("tidings-local-{name}")));
    assert_eq!(functions.iter().map(|function| function.mappings.len()).sum::<usize>(), 27);
    for function in &functions {
        assert_eq!(function.timeout, Duration::from_mins(1));
        for mapping in &function.mappings {
            let group = format!("tidings-local-{}-{}", function.binary, mapping.topic);
            assert_eq!(mapping.consumer_group_id, group);
            assert_eq!(mapping.id, format!("{}-{}", function.name, mapping.topic));
            assert_eq!(mapping.starting_position, StartingPosition::TrimHorizon);
            assert_eq!(mapping.provisioned, Some(Pollers { minimum: 1, maximum: 10 }));
            assert_eq!(mapping.maximum_retry_attempts, Some(100));
            assert!(mapping.report_batch_item_failures && mapping.enabled);
            let queue = format!("arn:aws:sqs:us-east-1:000000000000:{}-dead-letters", function.name);
            assert_eq!(mapping.on_failure, Some(queue));
        }
    }
    let audit = &functions[4].mappings[0];
    assert_eq!((audit.batch_size, audit.batching_window), (1000, Duration::from_secs(5)));
}

#[test]
fn one_parameter_decides_on_partial_batch_responses_in_mappings_and_functions() {
    for (given, expected) in [("true", true), ("false", false)] {
        for function in the_six(&project(&[("PartialBatchResponses", given)])) {
            assert_eq!(function.environment["PARTIAL_BATCH_RESPONSES"], given);
            for mapping in &function.mappings {
                assert_eq!(mapping.report_batch_item_failures, expected);
                assert_eq!(mapping.provisioned.is_some(), expected);
                assert_eq!(mapping.maximum_retry_attempts.is_some(), expected);
                assert!(mapping.on_failure.is_some());
            }
        }
    }
}

#[test]
fn functions_name_stores_that_exist() {
    let template = project(&[("Stage", "trial")]);
    let tables: BTreeSet<_> = template.tables.iter().map(|table| table.name.clone()).collect();
    let buckets: BTreeSet<_> = template.buckets.iter().map(|bucket| bucket.name.clone()).collect();
    let queues: BTreeSet<_> = template
        .queues
        .iter()
        .map(|queue| format!("http://127.0.0.1:4566/000000000000/{}", queue.name))
        .collect();
    assert_eq!(queues.len(), template.functions.len());
    for function in &template.functions {
        for (name, value) in &function.environment {
            let known = match name.rsplit('_').next() {
                Some("TABLE") => tables.contains(value),
                Some("BUCKET") => buckets.contains(value),
                Some("URL") if name == "DEAD_LETTER_QUEUE_URL" => queues.contains(value),
                _ => true,
            };
            assert!(known, "{}: {name}={value} names nothing in the templates", function.name);
        }
    }
}

#[test]
fn functions_get_the_variables_they_read() {
    let template = project(&[]);
    let statement = environment_of(&template, "bank-statement");
    assert_eq!(statement["KAFKA_BOOTSTRAP_SERVERS"], "127.0.0.1:9092");
    assert_eq!(statement["KAFKA_AUTH"], "none");
    assert_eq!(statement["STATEMENTS_BUCKET"], "tidings-local-statements-000000000000");
    assert_eq!(environment_of(&template, "bank-push")["DEVICES_TABLE"], "tidings-local-devices");
    assert_eq!(environment_of(&template, "bank-ledger")["LEDGER_TABLE"], "tidings-local-ledger");
    let sms = environment_of(&template, "bank-sms");
    assert!(!sms.contains_key("SMS_DLT_TEMPLATE_IDS"), "an empty parameter sets no variable");
    let ids = r#"{"transaction.completed":"1107"}"#;
    let sms = environment_of(&project(&[("SmsDltTemplateIds", ids)]), "bank-sms");
    assert_eq!(sms["SMS_DLT_TEMPLATE_IDS"], ids);
}

/// The local stack makes a topic as its template describes it.
#[test]
fn topics_that_events_go_to_have_their_ten_partitions() {
    let found: BTreeMap<_, _> =
        project(&[]).kafka_topics.into_iter().map(|topic| (topic.name, topic.partitions)).collect();
    for topic in Payload::TOPICS {
        assert_eq!((found.get(topic.name), topic.partitions), (Some(&10), 10), "{}", topic.name);
    }
}

#[test]
fn nothing_is_passed_over() {
    assert_eq!(project(&[]).notices, []);
}

#[test]
fn tables_have_their_keys() {
    let table = |name: &str, partition_key: &str, sort_key: Option<&str>, ttl: Option<&str>| Table {
        name: format!("tidings-local-{name}"),
        partition_key: partition_key.to_owned(),
        sort_key: sort_key.map(str::to_owned),
        ttl_attribute: ttl.map(str::to_owned),
    };
    let tables = project(&[]).tables;
    for table in [
        table("idempotency", "id", None, Some("expires_at")),
        table("ledger", "account_id", Some("entry"), None),
        table("devices", "user_id", Some("device_id"), None),
    ] {
        assert!(tables.contains(&table), "{table:?} in {tables:?}");
    }
}
