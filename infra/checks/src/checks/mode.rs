//! One parameter decides how mappings take answers and how functions give them: a partial answer to a mapping that does
//! not expect one is read as success, and its records are lost.

use super::Finding;
use crate::roles::functions;
use crate::template::Resource;
use crate::values::{number, texts};
use crate::variants::Deployment;

/// As many as a topic has partitions.
const MOST_POLLERS: i64 = 10;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut poller_groups = Vec::new();
    for function in functions(deployment) {
        let partial = function.variable("PARTIAL_BATCH_RESPONSES");
        for (id, mapping) in function.mappings(&deployment.functions) {
            for problem in problems(mapping, partial == Some("true")) {
                found.push(Finding::new(
                    id,
                    format!("{problem}, where the function's PARTIAL_BATCH_RESPONSES is {partial:?}"),
                ));
            }
            poller_groups.push((id, &mapping.properties["ProvisionedPollerConfig"]["PollerGroupName"]));
        }
    }
    for (id, group) in &poller_groups {
        if *group != poller_groups[0].1 {
            found.push(Finding::new(
                *id,
                "its pollers are in another group than the others' and cost units of their own",
            ));
        }
    }
    found
}

fn problems(mapping: &Resource, partial: bool) -> Vec<&'static str> {
    let properties = &mapping.properties;
    let retries = number(&properties["MaximumRetryAttempts"]);
    let pollers = number(&properties["ProvisionedPollerConfig"]["MaximumPollers"]);
    let checks = [
        (
            texts(&properties["FunctionResponseTypes"]).contains(&"ReportBatchItemFailures") == partial,
            "it takes partial answers or not",
        ),
        (
            properties["ProvisionedPollerConfig"]["PollerGroupName"].is_string() == partial,
            "it is provisioned in a group or not",
        ),
        // Lambda reads "for ever" together with a failure destination as 10.
        (retries.is_some_and(|retries| retries > 0) == partial, "its retries are limited or not"),
        // One partition is read by one poller.
        (pollers.is_some_and(|pollers| pollers <= MOST_POLLERS) == partial, "its pollers are limited or not"),
    ];
    checks.into_iter().filter(|(holds, _)| !holds).map(|(_, problem)| problem).collect()
}
