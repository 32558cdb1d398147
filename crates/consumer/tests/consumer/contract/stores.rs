//! Unreachable stores.

use std::time::Duration;

use tidings_consumer::{
    outcome::{Outcome, Reason},
    testing::{Disturbance, Fault},
};
use tokio::time::advance;

use crate::support::*;

/// Refuses all calls of one operation.
fn refuse(wanted: &'static str) -> impl FnMut(&str, &str) -> Disturbance + Send + 'static {
    move |operation, _| if operation == wanted { Fault::Refused.into() } else { Disturbance::default() }
}

#[tokio::test(start_paused = true)]
async fn records_are_returned_unhandled_if_the_store_is_unreachable() {
    let function = succeeding();
    function.claims.disturb(refuse("claim"));
    let summary = invoke(&function, &[login(1, None, "EVT-1")]).await;
    assert_eq!(outcome(&summary), returned(Reason::StoreUnreachable));
    assert!(function.handler().calls().is_empty());
    function.claims.disturb(refuse("nothing"));
    assert_eq!(outcome(&invoke(&function, &[login(1, None, "EVT-1")]).await), Outcome::Done);
}

#[tokio::test(start_paused = true)]
async fn a_short_outage_of_the_store_has_no_effect() {
    let function = succeeding();
    let mut calls = 0;
    function.claims.disturb(move |_, _| {
        calls += 1;
        if calls % 3 == 0 { Disturbance::default() } else { Fault::Refused.into() }
    });
    let summary = invoke(&function, &[login(1, None, "EVT-1")]).await;
    assert_eq!(outcome(&summary), Outcome::Done);
    assert_eq!(summary.settled[0].attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn records_are_returned_and_released_if_the_queue_is_unreachable() {
    let function = failing(refused());
    function.dead_letters.disturb(refuse("send"));
    let records = [login(1, None, "EVT-1"), record(2, None, Some(b"{"))];
    let summary = invoke(&function, &records).await;
    let reason = returned(Reason::QueueUnreachable);
    assert_eq!(outcomes(&summary), [(1, reason), (2, reason)]);
    assert!(function.claims.settled().is_empty());
    function.dead_letters.disturb(refuse("nothing"));
    let delivery = payload(&records);
    let again = function.invoke_within(Duration::from_secs(1), &delivery).await.unwrap();
    assert_eq!(again.dead_lettered, 2, "the claims were given back");
    assert!(again.settled.iter().all(|record| !record.effect_at_risk));
}

#[tokio::test(start_paused = true)]
async fn a_fact_that_cannot_be_stored_returns_the_record_and_is_counted() {
    let function = succeeding();
    function.claims.disturb(refuse("settle"));
    let records = [login(1, Some("k"), "EVT-1"), login(2, Some("k"), "EVT-2")];
    let summary = invoke(&function, &records).await;
    let ends = [(1, returned(Reason::EffectUnconfirmed)), (2, returned(Reason::BehindReturned))];
    assert_eq!(outcomes(&summary), ends);
    let at_risk: Vec<bool> = summary.settled.iter().map(|record| record.effect_at_risk).collect();
    assert_eq!(at_risk, [true, false]);
}

#[tokio::test(start_paused = true)]
async fn a_fact_is_retried_until_time_is_up() {
    let function = succeeding();
    let began = tokio::time::Instant::now();
    function.claims.disturb(move |operation, _| {
        let away = operation == "settle" && began.elapsed() < Duration::from_secs(40);
        if away { Fault::Refused.into() } else { Disturbance::default() }
    });
    let summary = invoke(&function, &[login(1, None, "EVT-1")]).await;
    assert_eq!(outcome(&summary), Outcome::Done);
    assert_eq!(function.handler().calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_whose_fact_cannot_be_stored_is_returned_and_counted() {
    for value in [event("EVT-1"), b"{".to_vec()] {
        let function = failing(refused());
        function.claims.disturb(refuse("settle"));
        let summary = invoke(&function, &[record(1, None, Some(&value))]).await;
        assert_eq!(outcome(&summary), returned(Reason::EffectUnconfirmed));
        assert!(summary.settled[0].effect_at_risk);
        assert_eq!(summary.dead_letters.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_cannot_be_released_expires() {
    let function = failing(throttled());
    function.claims.disturb(refuse("release"));
    let delivery = payload(&[login(1, None, "EVT-1")]);
    let short = Duration::from_secs(2);
    let summary = function.invoke_within(short, &delivery).await.unwrap();
    assert_eq!(outcome(&summary), returned(Reason::DeadlineNear));
    advance(Duration::from_secs(3)).await;
    let again = invoke(&function, &[login(1, None, "EVT-1")]).await;
    assert_eq!(outcome(&again), Outcome::DeadLettered);
}
