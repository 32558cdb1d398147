//! Compares each permission of each function with the line of code, or the AWS documentation, that needs it.

mod aws;
mod need;
mod needs;
mod table;
mod workspace;

pub use aws::NETWORK;
pub use table::tables;
pub use workspace::Workspace;

use crate::finding::Finding;
use crate::roles::{Grant, functions};
use crate::variants::Deployment;
use need::Need;

/// A permission with all reasons for it; none if it is not needed.
#[derive(Clone)]
struct Row {
    domain: String,
    function: String,
    grant: Grant,
    reasons: Vec<String>,
}

/// Permissions that are not needed.
pub fn unneeded(deployment: &Deployment, workspace: &Workspace) -> Vec<Finding> {
    let rows = rows(deployment, workspace);
    rows.iter()
        .filter(|row| row.reasons.is_empty())
        .map(|row| {
            let Row { function, grant: Grant { action, resource, .. }, .. } = row;
            Finding::new(
                function,
                format!("its role allows {action} on {resource}, which neither its code nor AWS needs"),
            )
        })
        .collect()
}

/// Needs without a permission.
pub fn missing(deployment: &Deployment, workspace: &Workspace) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut all = Vec::new();
    for function in functions(deployment) {
        let grants = function.grants(deployment);
        for need in needs::needs(deployment, workspace, &function) {
            all.push(need.clone());
            if !grants.iter().any(|grant| meets(grant, &need)) {
                let Need { action, target, reason } = need;
                // Of a link, the text.
                let reason = reason.trim_start_matches('[').split(']').next().unwrap_or_default();
                let problem = format!("its role lacks {action} on {target:?}, needed by {reason}");
                found.push(Finding::new(function.binary, problem));
            }
        }
    }
    for function in functions(deployment) {
        let crates = workspace.crates_of(function.binary);
        if crates.is_empty() {
            let problem = "no package has this name; name the function tidings-STAGE-PACKAGE";
            found.push(Finding::new(function.binary, problem));
        }
        for call in needs::unexplained(&crates, &all) {
            found.push(Finding::new(
                &call.place,
                format!("calls {} on a resource that no environment variable names", call.action),
            ));
        }
    }
    found
}

fn meets(grant: &Grant, need: &Need) -> bool {
    grant.action == need.action && need.target.covers(&grant.resource)
}

fn rows(deployment: &Deployment, workspace: &Workspace) -> Vec<Row> {
    let mut rows = Vec::new();
    for function in functions(deployment) {
        let needs = needs::needs(deployment, workspace, &function);
        for grant in function.grants(deployment) {
            let mut reasons: Vec<String> =
                needs.iter().filter(|need| meets(&grant, need)).map(|need| need.reason.clone()).collect();
            reasons.sort();
            reasons.dedup();
            rows.push(Row {
                domain: function.template.name.clone(),
                function: function.binary.to_owned(),
                grant,
                reasons,
            });
        }
    }
    rows
}
