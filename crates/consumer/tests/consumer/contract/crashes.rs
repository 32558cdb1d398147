//! Killed processes, hangs and panics.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tidings_consumer::outcome::Outcome;
use tokio::{
    sync::Notify,
    time::{advance, sleep},
};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn a_record_is_dead_lettered_after_three_unfinished_starts() {
    let function = function(|_| hang());
    let records = [login(1, Some("k"), "EVT-1")];
    for _ in 0..3 {
        invoke_and_kill(&function, Duration::from_secs(1), &records).await;
        advance(AFTER_THE_LEASE).await;
    }
    let summary = invoke(&function, &records).await;
    assert_eq!(outcome(&summary), Outcome::DeadLettered);
    let letter = &summary.dead_letters[0];
    assert_eq!((letter.error.error_type.as_str(), letter.attempts), ("HandlerDied", 3));
    assert!(summary.settled[0].effect_at_risk);
    assert_eq!(function.handler().calls().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_kills_its_process_does_not_affect_others() {
    let kill = Arc::new(Notify::new());
    let killer = Arc::clone(&kill);
    let function = function(move |call| {
        let killer = Arc::clone(&killer);
        async move {
            sleep(Duration::from_secs(1)).await;
            if call.id == "EVT-5" {
                killer.notify_one();
                return hang().await;
            }
            sleep(Duration::from_secs(1)).await;
            Ok(())
        }
    });
    let records: Vec<Value> = (0..10).map(|offset| login(offset, None, &format!("EVT-{offset}"))).collect();
    for _ in 0..3 {
        tokio::select! {
            _ = invoke(&function, &records) => panic!("it was not killed"),
            () = kill.notified() => advance(AFTER_THE_LEASE).await,
        }
    }
    let summary = invoke(&function, &records).await;
    assert_eq!(summary.returned, 0);
    assert_eq!(summary.dead_letters.len(), 1);
    assert_eq!(summary.dead_letters[0].event_id.as_deref(), Some("EVT-5"));
    assert_eq!(function.claims.settled().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_killed_start_counts_as_an_effect_at_risk() {
    let function = function(|call| async move { if call.earlier == 0 { hang().await } else { Ok(()) } });
    let records = [login(1, None, "EVT-1")];
    invoke_and_kill(&function, Duration::from_secs(1), &records).await;
    advance(AFTER_THE_LEASE).await;
    let summary = invoke(&function, &records).await;
    assert_eq!(outcome(&summary), Outcome::Done);
    assert!(summary.settled[0].effect_at_risk);
}

#[tokio::test(start_paused = true)]
async fn a_panic_affects_only_its_record() {
    let function = function(|call| async move {
        assert_ne!(call.id, "EVT-2", "a panic that the test wants");
        Ok(())
    });
    let records: Vec<_> = (1..=3).map(|offset| login(offset, Some("k"), &format!("EVT-{offset}"))).collect();
    let summary = invoke(&function, &records).await;
    let ends = [(1, Outcome::Done), (2, Outcome::DeadLettered), (3, Outcome::Done)];
    assert_eq!(outcomes(&summary), ends);
    let letter = &summary.dead_letters[0];
    assert_eq!((letter.error.error_type.as_str(), letter.attempts), ("HandlerPanicked", 1));
    assert!(!letter.error.message.contains("test wants"), "a panic's message may quote the event");
}

#[tokio::test(start_paused = true)]
async fn a_hanging_handler_is_cut_off_and_its_key_continues() {
    let function = function(|call| async move { if call.id == "EVT-1" { hang().await } else { Ok(()) } });
    let records = [login(1, Some("k"), "EVT-1"), login(2, Some("k"), "EVT-2")];
    let summary = invoke(&function, &records).await;
    assert_eq!(outcomes(&summary), [(1, Outcome::DeadLettered), (2, Outcome::Done)]);
    let letter = &summary.dead_letters[0];
    assert_eq!((letter.error.error_type.as_str(), letter.attempts), ("HandlerTimeout", 3));
    assert!(summary.settled.iter().any(|record| record.effect_at_risk), "the effect may have happened");
    let times = function.handler().times();
    assert!(times[1] - times[0] >= Duration::from_secs(11), "ten seconds for the call, one of waiting");
}

#[tokio::test(start_paused = true)]
async fn a_hang_without_time_for_three_attempts_ends_as_a_dead_letter() {
    let function = function(|_| hang());
    let delivery = payload(&[login(1, None, "EVT-1")]);
    for _ in 0..3 {
        let summary = function.invoke_within(Duration::from_secs(15), &delivery).await.unwrap();
        assert_eq!(summary.returned, 1);
        advance(Duration::from_secs(5)).await;
    }
    let summary = function.invoke_within(Duration::from_secs(15), &delivery).await.unwrap();
    assert_eq!(summary.dead_letters[0].error.error_type, "HandlerDied");
}
