//! Several effects of one event.

use std::time::Duration;

use tidings_consumer::{
    outcome::{Outcome, Reason},
    testing::{Disturbance, Fault},
};
use tokio::time::{advance, sleep};

use crate::support::*;

/// A function with two effects per event, `one` and `two`. It records them and then behaves as `script` decides.
fn two_effects<F>(
    script: impl Fn(&'static str, usize) -> F + Clone + Send + Sync + 'static,
) -> (Function, Log)
where
    F: Future<Output = Result<(), tidings_consumer::HandlerError>> + Send + 'static,
{
    let log = Log::default();
    let in_handler = log.clone();
    let function = function(move |call| {
        let (log, script) = (in_handler.clone(), script.clone());
        async move {
            for effect in ["one", "two"] {
                let action = async {
                    log.note(effect);
                    script(effect, call.earlier).await
                };
                call.context.once(effect, action).await?;
            }
            Ok(())
        }
    });
    (function, log)
}

#[tokio::test(start_paused = true)]
async fn a_retry_does_not_repeat_an_effect_that_is_done() {
    let (function, log) =
        two_effects(
            async |effect, earlier| {
                if effect == "two" && earlier == 0 { Err(throttled()) } else { Ok(()) }
            },
        );
    let summary = invoke(&function, &[login(1, None, "EVT-1")]).await;
    assert_eq!(outcome(&summary), Outcome::Done);
    assert_eq!(log.lines(), ["one", "two", "two"]);
    let facts = ["email#EVT-1", "email#EVT-1#one", "email#EVT-1#two"];
    assert_eq!(function.claims.settled(), facts);
}

#[tokio::test(start_paused = true)]
async fn after_a_kill_only_the_effect_in_flight_is_repeated() {
    let (function, log) = two_effects(|effect, earlier| async move {
        if effect == "two" && earlier == 0 { hang().await } else { Ok(()) }
    });
    let records = [login(1, None, "EVT-1")];
    invoke_and_kill(&function, Duration::from_secs(1), &records).await;
    advance(AFTER_THE_LEASE).await;
    let summary = invoke(&function, &records).await;
    assert_eq!(outcome(&summary), Outcome::Done);
    assert!(summary.settled[0].effect_at_risk);
    assert_eq!(log.lines(), ["one", "two", "two"]);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_effect_is_retried_and_then_dead_lettered() {
    let (function, log) =
        two_effects(|effect, _| async move { if effect == "two" { hang().await } else { Ok(()) } });
    let summary = invoke(&function, &[login(1, None, "EVT-1")]).await;
    assert_eq!(outcome(&summary), Outcome::DeadLettered);
    assert_eq!(summary.dead_letters[0].error.error_type, "HandlerTimeout");
    assert_eq!(log.lines(), ["one", "two", "two", "two"]);
}

#[tokio::test(start_paused = true)]
async fn an_effect_whose_fact_cannot_be_stored_returns_the_record() {
    let (function, log) = two_effects(async |_, _| Ok(()));
    let began = tokio::time::Instant::now();
    function.claims.disturb(move |operation, id| {
        let away = began.elapsed() < Duration::from_mins(1) && operation == "settle" && id.ends_with("#two");
        if away { Fault::Refused.into() } else { Disturbance::default() }
    });
    let records = [login(1, None, "EVT-1")];
    let delivery = payload(&records);
    let summary = function.invoke_within(Duration::from_secs(8), &delivery).await.unwrap();
    assert_eq!(outcome(&summary), returned(Reason::EffectUnconfirmed));
    assert!(summary.settled[0].effect_at_risk);
    assert_eq!(log.lines(), ["one", "two"], "not repeated within the invocation");
    advance(AFTER_THE_LEASE).await;
    let again = invoke(&function, &records).await;
    assert_eq!(outcome(&again), Outcome::Done);
    assert!(again.settled[0].effect_at_risk, "the start before counts as unfinished");
    assert_eq!(log.lines(), ["one", "two", "two"]);
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_cannot_be_claimed_returns_the_record_without_an_attempt() {
    let (function, log) = two_effects(async |_, _| Ok(()));
    function.claims.disturb(|operation, id| {
        let away = operation == "claim" && id.ends_with("#two");
        if away { Fault::Refused.into() } else { Disturbance::default() }
    });
    for _ in 0..5 {
        let summary = invoke(&function, &[login(1, None, "EVT-1")]).await;
        assert_eq!(outcome(&summary), returned(Reason::StoreUnreachable));
        assert!(!summary.settled[0].effect_at_risk);
    }
    assert_eq!(log.lines(), ["one"]);
    assert!(function.dead_letters.letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_return_in_the_middle_of_an_effect_does_not_keep_the_next_delivery_waiting() {
    let (function, log) = two_effects(|effect, earlier| async move {
        match (effect, earlier) {
            ("one", 0) => hang().await,
            ("one", 1) => Err(throttled()),
            _ => Ok(()),
        }
    });
    // The effect is cut off in the first attempt, and there is no time for the third.
    let delivery = payload(&[login(1, None, "EVT-1")]);
    let first = function.invoke_within(Duration::from_secs(14), &delivery).await.unwrap();
    assert_eq!(first.returned, 1);
    advance(Duration::from_secs(3)).await;
    let second = function.invoke_within(Duration::from_secs(14), &delivery).await.unwrap();
    assert_eq!(outcome(&second), Outcome::Done);
    assert_eq!(log.lines(), ["one", "one", "one", "two"]);
}

#[tokio::test(start_paused = true)]
async fn an_effects_name_may_contain_any_character() {
    let function = function(|call| async move {
        for effect in ["", "#", "a#b", "a", "b/3/1"] {
            call.context.once(effect, async { Ok(()) }).await?;
        }
        sleep(Duration::from_millis(1)).await;
        Ok(())
    });
    let summary = invoke(&function, &[login(1, None, "EVT-1"), login(2, None, "EVT-2")]).await;
    assert_eq!(summary.done, 2);
    assert_eq!(function.claims.settled().len(), 12);
}
