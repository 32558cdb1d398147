//! Every function writes to a log group of its own that the template makes, and so with its retention and key.

use super::Finding;
use crate::roles::functions;
use crate::variants::Deployment;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let functions = functions(deployment);
    let lacking = functions.iter().filter(|function| {
        let wanted = format!("/aws/lambda/{}", function.resource.name);
        !deployment.functions.of_kind("AWS::Logs::LogGroup").any(|(_, group)| group.name == wanted)
    });
    lacking
        .map(|function| {
            Finding::new(function.id, format!("has no log group /aws/lambda/{}", function.resource.name))
        })
        .collect()
}
