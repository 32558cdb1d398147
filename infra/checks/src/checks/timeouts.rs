//! Three attempts of a handler and the waits between them fit into a function's time.

use super::Finding;
use crate::permissions::Workspace;
use crate::roles::functions;
use crate::values::number;
use crate::variants::Deployment;

/// The code that says how often, and how long where `HANDLER_TIMEOUT_SECONDS` is not set.
const ATTEMPTS: &str = "const MAX_ATTEMPTS: u32 = ";
const HANDLER_TIMEOUT: &str = "\"HANDLER_TIMEOUT_SECONDS\", ";
/// The longest waits before the second and the third attempt.
const WAITS_SECONDS: i64 = 1 + 2;
/// The longest timeout of a function that a mapping of Kafka invokes.
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html>
const MAPPINGS_SECONDS: i64 = 14 * 60;

pub fn check(deployment: &Deployment, workspace: &Workspace) -> Vec<Finding> {
    let mut found = Vec::new();
    for function in functions(deployment) {
        let said = |text| workspace.crates_of(function.binary).iter().find_map(|it| it.number_after(text));
        let set = function.variable("HANDLER_TIMEOUT_SECONDS").and_then(|it| it.parse().ok());
        let (Some(attempts), Some(handler)) = (said(ATTEMPTS), set.or_else(|| said(HANDLER_TIMEOUT))) else {
            found.push(Finding::new(function.id, "the code does not say how often and how long it tries"));
            continue;
        };
        let needed = attempts * handler + WAITS_SECONDS;
        let timeout = number(&function.resource.properties["Timeout"]).unwrap_or_default();
        if timeout > MAPPINGS_SECONDS {
            let problem = format!("times out after {timeout} s; mappings take {MAPPINGS_SECONDS} s at most");
            found.push(Finding::new(function.id, problem));
        }
        if timeout < needed {
            let problem = format!("times out after {timeout} s; {attempts} attempts take {needed} s");
            found.push(Finding::new(function.id, problem));
        }
    }
    found
}
