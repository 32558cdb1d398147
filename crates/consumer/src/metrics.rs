//! An invocation's metrics, as one line in `CloudWatch`'s embedded metric format.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::outcome::{Outcome, Settled};

/// The `CloudWatch` namespace of all metrics.
pub const NAMESPACE: &str = "Tidings";

/// The metrics' names, in the order in which [`line`] counts them.
const NAMES: [&str; 8] =
    ["Received", "Done", "Duplicate", "DeadLettered", "Returned", "Tombstones", "Attempts", "EffectsAtRisk"];

/// The line for one invocation, with the number of records for each outcome. Its dimension is the function's name in
/// Lambda, `deployed_as`, which separates the stages of one account.
#[must_use]
pub fn line(function: &str, deployed_as: &str, now: Timestamp, settled: &[Settled]) -> Value {
    let count =
        |matches: fn(&Settled) -> bool| settled.iter().filter(|record| matches(record)).count() as u64;
    let values = [
        settled.len() as u64,
        count(|record| record.outcome == Outcome::Done),
        count(|record| record.outcome == Outcome::Duplicate),
        count(|record| record.outcome == Outcome::DeadLettered),
        count(|record| matches!(record.outcome, Outcome::Returned(_))),
        count(|record| record.tombstone),
        settled.iter().map(|record| u64::from(record.attempts)).sum(),
        count(|record| record.effect_at_risk),
    ];
    let metrics: Vec<Value> = NAMES.iter().map(|name| json!({ "Name": name, "Unit": "Count" })).collect();
    let mut line = json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [
                { "Namespace": NAMESPACE, "Dimensions": [["FunctionName"]], "Metrics": metrics },
            ],
        },
        "Function": function,
        "FunctionName": deployed_as,
    });
    for (name, value) in NAMES.iter().zip(values) {
        line[*name] = value.into();
    }
    line
}
