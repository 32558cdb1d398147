//! One dashboard shows each step from publishing to the effects, and its searches find metrics.

use serde_json::Value;

use crate::finding::Finding;
use crate::variants::Deployment;

/// A metric of each step: published, waiting, handled, dead-lettered, and the effects.
const STEPS: &[&str] = &[
    "MessagesInPerSec",
    "OffsetLag",
    "Invocations",
    "Errors",
    "Duration",
    "ApproximateNumberOfMessagesVisible",
    "AWS/SES",
    "AWS/SNS",
];

/// Namespaces of metrics, and the type whose names are a dimension there.
const NAMED: &[(&str, &str)] = &[
    ("AWS/Kafka", "AWS::MSK::Cluster"),
    ("AWS/Lambda", "AWS::Lambda::Function"),
    ("AWS/SQS", "AWS::SQS::Queue"),
    ("AWS/SES", "AWS::SES::ConfigurationSet"),
    ("AWS/DynamoDB", "AWS::DynamoDB::Table"),
    // The consumer's metrics, with the dimension that crates/consumer/src/metrics.rs gives them.
    ("{Tidings,FunctionName}", "AWS::Lambda::Function"),
];

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut dashboards = deployment.templates().flat_map(|it| it.of_kind("AWS::CloudWatch::Dashboard"));
    let (Some((id, dashboard)), None) = (dashboards.next(), dashboards.next()) else {
        return vec![Finding::new(deployment.platform.file(), "has no dashboard, or more than one")];
    };
    let body = dashboard.properties["DashboardBody"].as_str().unwrap_or_default();
    match serde_json::from_str::<Value>(body) {
        Ok(_) => {
            let lacking = STEPS.iter().filter(|step| !body.contains(*step));
            let lacking = lacking.map(|step| format!("does not show {step}"));
            let problems = lacking.chain(empty_searches(body, deployment)).chain(wide_searches(body));
            problems.map(|it| Finding::new(id, it)).collect()
        }
        Err(error) => vec![Finding::new(id, format!("its body is not JSON: {error}"))],
    }
}

/// Searches that use a dimension that the consumer's metrics do not have, or a quoted name that no resource has:
/// `CloudWatch` compares a quoted term with the whole value (its user guide, "search expression syntax", exact
/// matches).
fn empty_searches(body: &str, deployment: &Deployment) -> Vec<String> {
    let mut found = Vec::new();
    for search in searches(body) {
        if search.contains("{Tidings") && named(&search).next().is_none() {
            found.push(format!("searches by a dimension that the consumer's metrics do not have: {search}"));
        }
        for (_, kind) in named(&search) {
            let exists =
                |name| deployment.templates().flat_map(|it| it.of_kind(kind)).any(|(_, it)| it.name == name);
            let quoted = search.split('"').skip(1).step_by(2).filter(|it| it.starts_with("tidings-"));
            found.extend(
                quoted
                    .filter(|it| !exists(*it))
                    .map(|it| format!("searches for {kind} \"{it}\", which no resource is named: {search}")),
            );
        }
    }
    found
}

/// Searches that find other stages of the account too, although the stage is part of the names.
fn wide_searches(body: &str) -> Vec<String> {
    let wide = searches(body).filter(|it| named(it).next().is_some() && !it.contains("tidings-"));
    wide.map(|it| format!("shows all stages of the account: {it}")).collect()
}

fn searches(body: &str) -> impl Iterator<Item = String> {
    let found = body.split("SEARCH('").skip(1).filter_map(|it| it.split('\'').next());
    found.map(|it| it.replace("\\\"", "\""))
}

/// The entries of [`NAMED`] that a search is about.
fn named(search: &str) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    NAMED.iter().filter(move |(namespace, _)| search.contains(namespace))
}
