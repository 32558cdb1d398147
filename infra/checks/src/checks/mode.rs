//! One parameter decides how mappings take answers and how functions give them: a partial answer to a mapping that does
//! not expect one is read as success, and its records are lost.

use crate::catalogs::topics;
use crate::finding::Finding;
use crate::roles::functions;
use crate::template::Resource;
use crate::values::{number, texts};
use crate::variants::Deployment;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut poller_groups = Vec::new();
    for function in functions(deployment) {
        let partial = function.variable("PARTIAL_BATCH_RESPONSES");
        for (id, mapping) in function.mappings() {
            let read = texts(&mapping.properties["Topics"]);
            let topic = topics(&deployment.catalogs).find(|(_, it)| read.contains(&it.name.as_str()));
            let partitions = topic.map_or(0, |(_, it)| it.partitions);
            for problem in problems(mapping, partial == Some("true"), partitions) {
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
                "its pollers are not in the same group as the others and cost extra units",
            ));
        }
    }
    found
}

fn problems(mapping: &Resource, partial: bool, partitions: i64) -> Vec<&'static str> {
    let properties = &mapping.properties;
    let retries = number(&properties["MaximumRetryAttempts"]);
    let pollers = number(&properties["ProvisionedPollerConfig"]["MaximumPollers"]);
    let checks = [
        (
            texts(&properties["FunctionResponseTypes"]).contains(&"ReportBatchItemFailures") == partial,
            "FunctionResponseTypes does not fit the mode",
        ),
        (
            properties["ProvisionedPollerConfig"]["PollerGroupName"].is_string() == partial,
            "PollerGroupName does not fit the mode",
        ),
        // With a failure destination, Lambda treats unlimited retries (-1) as 10.
        (retries.is_some_and(|retries| retries > 0) == partial, "MaximumRetryAttempts does not fit the mode"),
        // At most one poller reads a partition.
        (
            pollers.is_some_and(|pollers| pollers <= partitions) == partial,
            "MaximumPollers does not fit the mode, or exceeds the partitions",
        ),
    ];
    checks.into_iter().filter(|(holds, _)| !holds).map(|(_, problem)| problem).collect()
}
