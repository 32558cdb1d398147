//! The permissions that a function needs, and why.

use serde_json::Value;

use super::{
    aws,
    need::{Need, Target},
    workspace::{Call, Crate, Workspace},
};
use crate::catalogs::EventType;
use crate::roles::Function;
use crate::variants::Deployment;

/// Everything that a function needs in a deployment.
#[must_use]
pub fn needs(deployment: &Deployment, workspace: &Workspace, function: &Function<'_>) -> Vec<Need> {
    let crates = workspace.crates_of(function.binary);
    let mut all = calls(deployment, function, &crates);
    all.extend(publishing(deployment, function, &crates));
    all.extend(spans(function, &crates));
    all.extend(aws::lambda(function));
    let keys: Vec<_> = all.iter().flat_map(|need| aws::keys(deployment, need)).collect();
    for need in keys {
        if !all.contains(&need) {
            all.push(need);
        }
    }
    all
}

/// What the code calls. An environment variable names the resource. The crate that reads the variable makes the calls,
/// or a crate that it hands the client to.
fn calls(deployment: &Deployment, function: &Function<'_>, crates: &[&Crate]) -> Vec<Need> {
    let mut found = Vec::new();
    let variables = function.resource.properties["Environment"]["Variables"].as_object();
    for (variable, value) in variables.into_iter().flatten() {
        let Some((service, target)) = target(deployment, variable, value) else { continue };
        let quoted = format!("\"{variable}\"");
        let Some(reader) = crates.iter().find(|it| it.find(&quoted).is_some()) else { continue };
        let of_service = |it: &&&Crate| it.calls.iter().any(|call| is_of(&call.action, service));
        let readers_own = [*reader].into_iter().find(|it| of_service(&it));
        let handed_to = || crates.iter().copied().find(|it| of_service(&it) && !reads_its_own(it, service));
        let Some(caller) = readers_own.or_else(handed_to) else { continue };
        for call in caller.calls.iter().filter(|call| is_of(&call.action, service)) {
            found.push(Need {
                action: call.action.clone(),
                target: target.clone(),
                reason: code(&call.place),
            });
        }
    }
    for call in crates.iter().flat_map(|it| &it.calls) {
        let service = call.action.split(':').next().unwrap_or_default();
        if NAMED_BY_VARIABLES.contains(&service) {
            continue;
        }
        let target = Target::OfService(format!("arn:aws:{service}:"));
        found.push(Need { action: call.action.clone(), target, reason: code(&call.place) });
    }
    found
}

/// Services whose resources are named by environment variables.
const NAMED_BY_VARIABLES: &[&str] = &["dynamodb", "s3", "sqs"];

/// The service and resource that an environment variable names.
fn target(deployment: &Deployment, variable: &str, value: &Value) -> Option<(&'static str, Target)> {
    let value = value.as_str()?;
    let (service, kind) = match variable.rsplit('_').next()? {
        "TABLE" => ("dynamodb", "AWS::DynamoDB::Table"),
        "BUCKET" => ("s3", "AWS::S3::Bucket"),
        "URL" if variable.ends_with("QUEUE_URL") => ("sqs", "AWS::SQS::Queue"),
        _ => return None,
    };
    let name = value.rsplit('/').next()?;
    let resource = deployment.templates().flat_map(|it| it.of_kind(kind)).find(|(_, it)| it.name == name);
    let arn = resource.map_or_else(|| crate::stand_ins::arn(kind, name), |(_, it)| it.arn.clone());
    Some((service, if service == "s3" { Target::Within(arn) } else { Target::Exactly(arn) }))
}

fn reads_its_own(it: &Crate, service: &str) -> bool {
    let suffix = match service {
        "dynamodb" => "_TABLE\")",
        "s3" => "_BUCKET\")",
        _ => "_QUEUE_URL\")",
    };
    it.find(suffix).is_some()
}

fn is_of(action: &str, service: &str) -> bool {
    action.split(':').next() == Some(service)
}

/// The action, the text in the publisher's code that needs it, and whether it is on the cluster instead of the topic.
const PUBLISHING: &[(&str, &str, bool)] = &[
    ("kafka-cluster:Connect", "generate_auth_token(", true),
    ("kafka-cluster:WriteDataIdempotently", "\"enable.idempotence\", \"true\"", true),
    ("kafka-cluster:DescribeTopic", "producer.send(", false),
    ("kafka-cluster:WriteData", "producer.send(", false),
];

/// What publishing needs: actions on the cluster, and on each topic that the function makes an event for.
fn publishing(deployment: &Deployment, function: &Function<'_>, crates: &[&Crate]) -> Vec<Need> {
    let (Some(cluster), Some(own)) = (aws::cluster(function), crates.first()) else { return Vec::new() };
    // A function's code refers to the payload of its own domain as `Payload`.
    let Some(catalog) = deployment.catalogs.get(&function.template.name) else { return Vec::new() };
    let makes = |of: &EventType| own.find(&format!("payload: Payload::{}(", of.variant)).is_some();
    let topics: Vec<_> = catalog.topics.iter().filter(|it| it.event_types.iter().any(makes)).collect();
    let mut found = Vec::new();
    for (action, text, of_cluster) in PUBLISHING {
        let place = crates.iter().find_map(|it| it.find(text));
        let Some(place) = place.filter(|_| !topics.is_empty()) else { continue };
        let mut need = |target| {
            found.push(Need {
                action: (*action).to_owned(),
                target: Target::Exactly(target),
                reason: code(place),
            });
        };
        if *of_cluster {
            need(cluster.clone());
        } else {
            for topic in &topics {
                need(aws::of_cluster(&cluster, "topic", &topic.name));
            }
        }
    }
    found
}

/// What the code that signs requests to `CloudWatch` needs, and a text in that code. AWS names the first action on its
/// page about sending without a collector, and the second in its list of actions as the one for spans.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLP-UsingADOT.html>
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html>
const SENDING_SPANS: (&[&str], &str) =
    (&["xray:PutTraceSegments", "xray:PutSpans"], "SigningParams::builder()");

/// What sending spans needs. Other collectors than `CloudWatch` need no permission.
fn spans(function: &Function<'_>, crates: &[&Crate]) -> Vec<Need> {
    let (actions, text) = SENDING_SPANS;
    let place = crates.iter().find_map(|it| it.find(text)).filter(|_| function.sends_spans_to_cloudwatch());
    let need = |place, action: &&str| Need {
        action: (*action).to_owned(),
        target: Target::Any,
        reason: code(place),
    };
    place.map_or_else(Vec::new, |place| actions.iter().map(|action| need(place, action)).collect())
}

/// Calls in the code that lead to no need, because no environment variable names their resource.
pub fn unexplained<'a>(crates: &[&'a Crate], all: &[Need]) -> Vec<&'a Call> {
    let calls = crates.iter().flat_map(|it| &it.calls);
    calls.filter(|call| !all.iter().any(|need| need.reason == code(&call.place))).collect()
}

/// A Markdown link to a line of code, from a folder in `docs/`.
fn code(place: &str) -> String {
    format!("[{place}](../../{})", place.replace(':', "#L"))
}
