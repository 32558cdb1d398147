//! Functions have all environment variables that their code requires, and none that no code reads.

use crate::finding::Finding;
use crate::permissions::Workspace;
use crate::roles::functions;
use crate::variants::Deployment;

/// The code in front of the name of a required variable.
const REQUIRED: &str = ".require(\"";
/// The beginning of the names that Lambda sets itself.
const LAMBDAS_OWN: &str = "AWS_";

pub fn check(deployment: &Deployment, workspace: &Workspace) -> Vec<Finding> {
    let functions = functions(deployment);
    let mut found = Vec::new();
    for function in &functions {
        let crates = workspace.crates_of(function.binary);
        let required = crates.iter().flat_map(|it| it.texts_after(REQUIRED));
        let missing = required.filter(|it| !it.starts_with(LAMBDAS_OWN) && function.variable(it).is_none());
        found.extend(missing.map(|it| Finding::new(function.binary, format!("lacks the variable {it}"))));
        let variables = function.resource.properties["Environment"]["Variables"].as_object();
        for name in variables.into_iter().flatten().map(|(name, _)| name) {
            let quoted = format!("\"{name}\"");
            // Variables that all functions get need not be read by each of them.
            let mut crates = functions.iter().flat_map(|it| workspace.crates_of(it.binary));
            if !crates.any(|it| it.find(&quoted).is_some()) {
                found.push(Finding::new(
                    function.binary,
                    format!("has the variable {name}, which no code reads"),
                ));
            }
        }
    }
    found
}
