//! What a function needs to be allowed, and why.

use std::collections::BTreeSet;

use serde_json::Value;
use tidings_bank_events::Payload;
use tidings_events::{Catalog as _, EventType};

use super::{
    aws,
    workspace::{Call, Crate, Workspace},
};
use crate::roles::Function;
use crate::variants::Deployment;

/// A permission that something needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// E.g. `sqs:SendMessage`.
    pub action: String,
    /// On what.
    pub target: Target,
    /// Where it comes from: a line of code, or AWS's documentation.
    pub reason: String,
}

/// The resources that a need is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// This one.
    Exactly(String),
    /// Parts of this one: objects of a bucket, streams of a log group.
    Within(String),
    /// Resources that only the data names: a phone number, a device. The start of their ARN.
    OfService(String),
    /// The action knows no resources.
    Any,
}

impl Target {
    /// Whether a permission for `resource` is about this target.
    #[must_use]
    pub fn covers(&self, resource: &str) -> bool {
        match self {
            Self::Exactly(arn) => match resource.strip_suffix('*') {
                Some(start) => !start.is_empty() && arn.starts_with(start),
                None => resource == arn,
            },
            Self::Within(arn) => resource.strip_prefix(arn).is_some_and(|rest| rest.starts_with(['/', ':'])),
            Self::OfService(start) => resource.trim_start_matches('!').starts_with(start.as_str()),
            Self::Any => resource == "*",
        }
    }
}

/// Everything that a function needs in a deployment.
#[must_use]
pub fn needs(deployment: &Deployment, workspace: &Workspace, function: &Function<'_>) -> Vec<Need> {
    let crates = workspace.crates_of(function.binary);
    let mut all = calls(deployment, function, &crates);
    all.extend(publishing(deployment, function, &crates));
    all.extend(spans(function, &crates));
    all.extend(aws::lambda(deployment, function));
    let keys: Vec<_> = all.iter().flat_map(|need| aws::keys(deployment, need)).collect();
    for need in keys {
        if !all.contains(&need) {
            all.push(need);
        }
    }
    all
}

/// What the code calls. A variable of the environment names the resource: the crate that reads it makes the calls,
/// or the crates that it hands the client to.
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

/// Services whose resources the functions know from variables.
const NAMED_BY_VARIABLES: &[&str] = &["dynamodb", "s3", "sqs"];

/// The service and resource that a variable names.
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

/// The action and the text in the publisher's code that needs it; `true` where it is about the cluster, not the topic.
const PUBLISHING: &[(&str, &str, bool)] = &[
    ("kafka-cluster:Connect", "generate_auth_token(", true),
    ("kafka-cluster:WriteDataIdempotently", "\"enable.idempotence\", \"true\"", true),
    ("kafka-cluster:DescribeTopic", "producer.send(", false),
    ("kafka-cluster:WriteData", "producer.send(", false),
];

/// What publishing needs: of the cluster, and of each topic that the function makes an event for.
fn publishing(deployment: &Deployment, function: &Function<'_>, crates: &[&Crate]) -> Vec<Need> {
    let Some(cluster) = aws::cluster(deployment, function) else { return Vec::new() };
    let makes = |of: &EventType| crates[0].find(&format!("payload: Payload::{}(", of.variant)).is_some();
    let topics: BTreeSet<_> = Payload::EVENT_TYPES.iter().filter(|of| makes(of)).map(|of| of.topic).collect();
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
                need(aws::of_cluster(&cluster, "topic", topic));
            }
        }
    }
    found
}

/// What the code that signs a request to `CloudWatch` needs, and the text in it. AWS names both: the first in the policy
/// that its page on sending without a collector attaches, the second in its list of actions as the one for spans.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLP-UsingADOT.html>
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html>
const SENDING_SPANS: (&[&str], &str) =
    (&["xray:PutTraceSegments", "xray:PutSpans"], "SigningParams::builder()");

/// What sending spans needs. A collector of one's own asks for no permission.
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

/// Calls in the functions' code that no need comes from, because no variable says on what they are.
pub fn unexplained<'a>(crates: &[&'a Crate], all: &[Need]) -> Vec<&'a Call> {
    let calls = crates.iter().flat_map(|it| &it.calls);
    calls.filter(|call| !all.iter().any(|need| need.reason == code(&call.place))).collect()
}

/// A line of code as a link from `docs/`.
fn code(place: &str) -> String {
    format!("[{place}](../{})", place.replace(':', "#L"))
}
