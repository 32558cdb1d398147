//! One dashboard shows the flow from publishing to the effects.

use serde_json::Value;

use super::Finding;
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

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut dashboards = deployment.templates().flat_map(|it| it.of_kind("AWS::CloudWatch::Dashboard"));
    let (Some((id, dashboard)), None) = (dashboards.next(), dashboards.next()) else {
        return vec![Finding::new("functions.yaml", "there is not one dashboard")];
    };
    let body = dashboard.properties["DashboardBody"].as_str().unwrap_or_default();
    match serde_json::from_str::<Value>(body) {
        Ok(_) => {
            let lacking = STEPS.iter().filter(|step| !body.contains(*step));
            lacking.map(|step| Finding::new(id, format!("does not show {step}"))).collect()
        }
        Err(error) => vec![Finding::new(id, format!("its body is no JSON: {error}"))],
    }
}
