//! The actions and resources of roles have no wildcard where a name is known.

use serde_json::Value;

use crate::finding::Finding;
use crate::permissions::NETWORK;
use crate::roles::statements;
use crate::template::Template;
use crate::values::texts;
use crate::variants::Deployment;

/// Actions that cannot be limited to a resource (besides those on the network): in the service authorization reference
/// their column "Resource types" is empty.
pub const WITHOUT_RESOURCES: &[&str] =
    &["kafka:GetBootstrapBrokers", "xray:PutSpans", "xray:PutTelemetryRecords", "xray:PutTraceSegments"];

/// ARNs that may end in a wildcard, by their beginning and end: a function's consumer groups (one for each topic), the
/// streams of a log group, the objects of a bucket, and devices.
const OPEN_ENDS: &[(&str, &str)] = &[
    ("arn:aws:kafka:", "-*"),
    ("arn:aws:logs:", ":*"),
    ("arn:aws:s3:::", "/*"),
    ("arn:aws:sns:", ":endpoint/*"),
];

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    deployment.templates().flat_map(roles).collect()
}

fn roles(template: &Template) -> impl Iterator<Item = Finding> {
    let kinds = ["AWS::IAM::Role", "AWS::IAM::ManagedPolicy"];
    template.resources.iter().filter(move |(_, it)| kinds.contains(&it.kind.as_str())).flat_map(
        |(id, resource)| {
            let all = crate::roles::documents(resource).into_iter().flat_map(statements);
            all.flat_map(in_statement).map(|problem| Finding::new(id, problem)).collect::<Vec<_>>()
        },
    )
}

fn in_statement(statement: &Value) -> Vec<String> {
    let actions = texts(&statement["Action"]);
    let mut found: Vec<String> = actions
        .iter()
        .filter(|it| it.contains(['*', '?']))
        .map(|it| format!("allows the actions {it}"))
        .collect();
    // A phone number has no ARN, so the statement excludes everything that has one.
    let says_what = statement["NotAction"].is_null()
        && (statement["NotResource"].is_null() || actions == ["sns:Publish"]);
    if !says_what {
        found.push(format!("allows everything except what it names: {statement}"));
    }
    let resourceless = actions.iter().all(|it| WITHOUT_RESOURCES.contains(it) || NETWORK.contains(it));
    for resource in texts(&statement["Resource"]) {
        let is_all_there_is = resource == "*" && resourceless;
        if !is_all_there_is && !is_named(resource) {
            found.push(format!("allows {actions:?} on {resource}; name the resource"));
        }
    }
    found
}

/// Whether a resource has no wildcard, or only one of [`OPEN_ENDS`].
fn is_named(resource: &str) -> bool {
    let open = OPEN_ENDS.iter().find(|(start, end)| resource.starts_with(start) && resource.ends_with(end));
    let known = open.map_or(resource, |(_, end)| resource.strip_suffix(end).unwrap_or(resource));
    !known.contains(['*', '?']) && !known.is_empty()
}
