//! What the demo makes fail, and how it is sabotaged to see that it notices.

use std::{str::FromStr, sync::Arc};

use tidings_local::stack::Stack;
use tidings_process::StartError;
use tidings_recorder::{Action, Fault, Matcher};

use super::scenario::{Scenario, Trouble};
use crate::function_facts::{CallSign, FunctionFacts};

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
        let usage = || {
            format!("{text} is not a sabotage; give FUNCTION=twice or FUNCTION=drop, e.g. bank-email=twice")
        };
        let (function, kind) = text.split_once('=').ok_or_else(usage)?;
        let kind = match kind {
            "twice" => SabotageKind::Twice,
            "drop" => SabotageKind::Drop,
            _ => return Err(usage()),
        };
        Ok(Self { function: function.to_owned(), kind })
    }
}

/// Injects the faults of the scenario, and the sabotage.
pub(super) fn inject_faults(
    stack: &Stack,
    facts: &FunctionFacts,
    scenario: &Scenario,
    sabotage: Option<&Sabotage>,
) -> Result<(), StartError> {
    let calls = |function: &str, kind| -> Result<Matcher, StartError> {
        let sign = call_to_hit(facts, function, kind)?.clone();
        Ok(Matcher {
            function: stack.function(function).map(|function| function.name.clone()),
            operation: Some(sign.operation.clone()),
            predicate: Some(Arc::new(move |details| sign.is_about(details))),
            ..Matcher::default()
        })
    };
    if let Some(Sabotage { function, kind }) = sabotage {
        let action = match kind {
            SabotageKind::Twice => Action::Twice,
            SabotageKind::Drop => Action::Swallow,
        };
        stack.recorder.inject(Fault::new(calls(function, *kind)?, action).times(1));
    }
    let calls_for = |(function, event_id): &Trouble| -> Result<Matcher, StartError> {
        Ok(Matcher { event_id: Some(event_id.to_string()), ..calls(function, SabotageKind::Drop)? })
    };
    let refuse = Action::Respond { status: 503, code: "ServiceUnavailable".to_owned() };
    stack.recorder.inject(Fault::new(calls_for(&scenario.always_refused)?, refuse));
    let throttle = Action::Respond { status: 400, code: "Throttling".to_owned() };
    stack.recorder.inject(Fault::new(calls_for(&scenario.throttled_twice)?, throttle).times(2));
    Ok(())
}

/// The function's first effect that the demo can see dropped or, where that is asked for, repeated.
fn call_to_hit<'a>(
    facts: &'a FunctionFacts,
    function: &str,
    kind: SabotageKind,
) -> Result<&'a CallSign, StartError> {
    let effects = facts.of(function);
    let mut calls = effects.iter().filter_map(|fact| Some((fact.call()?, fact.idempotent)));
    let hit = match kind {
        SabotageKind::Drop => calls.next(),
        SabotageKind::Twice => calls.find(|(_, idempotent)| !idempotent),
    };
    hit.map(|(call, _)| call).ok_or_else(|| {
        StartError::Setting(if effects.is_empty() {
            format!("there is no function {function} to sabotage")
        } else if effects.iter().any(|fact| fact.call().is_some()) {
            format!(
                "repeating what {function} does changes nothing, so nobody could notice; give {function}=drop"
            )
        } else {
            format!(
                "{function} only publishes events, and a sabotage meets AWS calls; choose another function"
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_noticed_is_refused() {
        let facts = FunctionFacts::from_texts(
            &[
                ("shop-label", "operation = \"PutObject\""),
                ("shop-stock", "operation = \"PutItem\"\nidempotent = true"),
                ("shop-relay", "publishes = \"parcel.sent\""),
            ]
            .map(|(function, sign)| {
                (function, format!("[[effects]]\nname = \"it\"\nper = \"event\"\n{sign}\n"))
            }),
        );
        let hit = |function, kind| call_to_hit(&facts, function, kind).map(|call| call.operation.as_str());
        assert_eq!(hit("shop-label", SabotageKind::Twice).expect("a call"), "PutObject");
        assert_eq!(hit("shop-stock", SabotageKind::Drop).expect("a call"), "PutItem");
        let refused = |function, kind| hit(function, kind).expect_err("an error").to_string();
        assert!(refused("shop-stock", SabotageKind::Twice).ends_with("give shop-stock=drop"));
        assert!(refused("shop-relay", SabotageKind::Drop).contains("only publishes"));
        assert!(refused("shop-refund", SabotageKind::Drop).contains("no function shop-refund"));
    }
}
