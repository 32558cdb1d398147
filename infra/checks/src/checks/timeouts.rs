//! A function's timeout is long enough for all attempts of its handler and the waits between them.

use crate::finding::Finding;
use crate::permissions::Workspace;
use crate::roles::functions;
use crate::values::number;
use crate::variants::Deployment;

/// The code with the number of attempts and the default of `HANDLER_TIMEOUT_SECONDS`.
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
            found.push(Finding::new(
                function.binary,
                "the consumer's code has no number of attempts or no default timeout",
            ));
            continue;
        };
        let needed = attempts * handler + WAITS_SECONDS;
        let timeout = number(&function.resource.properties["Timeout"]).unwrap_or_default();
        if timeout > MAPPINGS_SECONDS {
            let problem = format!("times out after {timeout} s; mappings allow at most {MAPPINGS_SECONDS} s");
            found.push(Finding::new(function.binary, problem));
        }
        if timeout < needed {
            let problem = format!("times out after {timeout} s; {attempts} attempts take {needed} s");
            found.push(Finding::new(function.binary, problem));
        }
    }
    found
}
