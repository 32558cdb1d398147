//! The events of a serverless function. Kafka events become mappings; others are reported as notices.

use tidings_trigger::Mapping;

use super::super::error::{Fault, Located, Result};
use super::super::mapping::{self, Form};
use super::super::scope::Scope;
use super::super::yaml::{Entry, Node, find};

/// SAM's event types other than Kafka's (SAM developer guide, "`EventSource`").
const OTHERS: [&str; 17] = [
    "AlexaSkill",
    "Api",
    "CloudWatchEvent",
    "CloudWatchLogs",
    "Cognito",
    "DocumentDB",
    "DynamoDB",
    "EventBridgeRule",
    "HttpApi",
    "IoTRule",
    "Kinesis",
    "MQ",
    "S3",
    "Schedule",
    "ScheduleV2",
    "SNS",
    "SQS",
];

/// The mapping of each Kafka event and the event's line.
pub(super) fn read(
    scope: &Scope<'_>,
    events: Option<&Node>,
    function: &str,
) -> Result<Vec<(usize, Mapping)>> {
    let Some(events) = events else { return Ok(Vec::new()) };
    let mut mappings = Vec::new();
    for event in written_out(events, "Events")? {
        let attributes = written_out(&event.node, &event.key)?;
        let kind = find(attributes, "Type").ok_or_else(|| {
            Located::new(event.line, Fault::Missing { of: format!("event {}", event.key), name: "Type" })
        })?;
        let form = match kind.text("Type")? {
            "MSK" => Form::Msk,
            "SelfManagedKafka" => Form::SelfManagedKafka,
            other if OTHERS.contains(&other) => {
                let what = format!("the event {} of type {other} of function {function}", event.key);
                scope.notice(kind.line, what);
                continue;
            }
            other => {
                let construct = format!("an event of type {other}");
                return Err(Located::unsupported(kind.line, construct, "correct its spelling"));
            }
        };
        if let Some(other) = attributes.iter().find(|one| !["Type", "Properties"].contains(&one.key.as_str()))
        {
            let construct = format!("{} of event {}", other.key, event.key);
            return Err(Located::unsupported(other.line, construct, "correct or remove it"));
        }
        let entries = find(attributes, "Properties").map_or(Ok(&[] as &[Entry]), |n| n.map("Properties"))?;
        let of = format!("event {} of function {function}", event.key);
        mappings.push((event.line, mapping::read(scope, form, entries, &of, event.line, function)?));
    }
    Ok(mappings)
}

/// The entries of a map in whose place SAM does not accept a function.
fn written_out<'a>(node: &'a Node, name: &str) -> Result<&'a [Entry]> {
    match node.intrinsic() {
        Some((function, _)) => {
            Err(Located::unsupported(node.line, format!("{function} for {name}"), "write the events out"))
        }
        None => node.map(name),
    }
}
