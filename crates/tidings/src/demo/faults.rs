//! What the demo makes fail, and how it is sabotaged to see that it notices.

use std::str::FromStr;

use tidings_local::stack::Stack;
use tidings_process::StartError;
use tidings_recorder::{Action, Fault, Matcher};

use super::scenario::Scenario;

/// A fault to slip in, to see that the demo notices: it must then fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sabotage {
    /// The function's binary.
    pub function: String,
    /// What happens to one of its effects.
    pub kind: SabotageKind,
}

/// What happens to one effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SabotageKind {
    /// It happens twice.
    Twice,
    /// It does not happen, and the function is told that it did.
    Drop,
}

impl FromStr for Sabotage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let usage =
            || format!("{text} is not a sabotage; give FUNCTION=twice or FUNCTION=drop, e.g. email=twice");
        let (function, kind) = text.split_once('=').ok_or_else(usage)?;
        let kind = match kind {
            "twice" => SabotageKind::Twice,
            "drop" => SabotageKind::Drop,
            _ => return Err(usage()),
        };
        if (function, kind) == ("ledger", SabotageKind::Twice) {
            let reason = "an entry has its event's key, so booking it twice books it once; give ledger=drop";
            return Err(reason.to_owned());
        }
        Ok(Self { function: function.to_owned(), kind })
    }
}

/// Injects the faults of the scenario, and the sabotage.
pub(super) fn inject_faults(
    stack: &Stack,
    scenario: &Scenario,
    sabotage: Option<&Sabotage>,
) -> Result<(), StartError> {
    let matcher = |function: &str, operation: &str, event_id: Option<String>| Matcher {
        function: stack.function(function).map(|function| function.name.clone()),
        operation: Some(operation.to_owned()),
        event_id,
        ..Matcher::default()
    };
    if let Some(sabotage) = sabotage {
        let known = stack.function(&sabotage.function).is_some();
        let Some(operation) = effect_operation(&sabotage.function).filter(|_| known) else {
            let message = format!("there is no function {} to sabotage", sabotage.function);
            return Err(StartError::Setting(message));
        };
        let action = match sabotage.kind {
            SabotageKind::Twice => Action::Twice,
            SabotageKind::Drop => Action::Swallow,
        };
        let mut matcher = matcher(&sabotage.function, operation, None);
        // The ledger's effect and its claims are the same operation on different tables.
        matcher.resource = (sabotage.function == "ledger").then(|| "-ledger".to_owned());
        stack.recorder.inject(Fault::new(matcher, action).times(1));
    }
    let refuse = Action::Respond { status: 503, code: "ServiceUnavailable".to_owned() };
    let refused = matcher("email", "SendEmail", Some(scenario.always_refused.to_string()));
    stack.recorder.inject(Fault::new(refused, refuse));
    let throttle = Action::Respond { status: 400, code: "Throttling".to_owned() };
    let throttled = matcher("sms", "Publish", Some(scenario.throttled_twice.to_string()));
    stack.recorder.inject(Fault::new(throttled, throttle).times(2));
    Ok(())
}

fn effect_operation(function: &str) -> Option<&'static str> {
    match function {
        "email" => Some("SendEmail"),
        "sms" | "push" => Some("Publish"),
        "statement" | "audit" => Some("PutObject"),
        "ledger" => Some("PutItem"),
        _ => None,
    }
}
