//! Attempts within an invocation.

use std::time::Duration;

use tidings_consumer::outcome::{Outcome, Reason};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn three_attempts_with_growing_waits_and_then_a_dead_letter() {
    let function = failing(throttled());
    let summary = invoke(&function, &[login(1, Some("k"), "EVT-1")]).await;
    assert_eq!(outcome(&summary), Outcome::DeadLettered);
    let letter = &summary.dead_letters[0];
    assert_eq!((letter.error.error_type.as_str(), letter.attempts), ("Throttled", 3));
    let times = function.handler().times();
    assert_eq!(times.len(), 3);
    let waits = [times[1] - times[0], times[2] - times[1]];
    assert!((1.0..=2.01).contains(&waits[0].as_secs_f64()), "{waits:?}");
    assert!((2.0..=4.01).contains(&waits[1].as_secs_f64()), "{waits:?}");
    let story = letter.last_attempt_at.duration_since(letter.first_attempt_at).as_secs_f64();
    assert!((story - (waits[0] + waits[1]).as_secs_f64()).abs() < 0.01, "{story} s");
}

#[tokio::test(start_paused = true)]
async fn a_later_attempt_that_succeeds_is_done() {
    let function = function(|call| async move { if call.earlier < 2 { Err(throttled()) } else { Ok(()) } });
    let summary = invoke(&function, &[login(1, None, "EVT-1")]).await;
    assert_eq!(outcome(&summary), Outcome::Done);
    assert_eq!(summary.settled[0].attempts, 3);
}

#[tokio::test(start_paused = true)]
async fn a_permanent_failure_is_a_dead_letter_at_once() {
    let function = failing(refused());
    let summary = invoke(&function, &[login(1, None, "EVT-1")]).await;
    assert_eq!(outcome(&summary), Outcome::DeadLettered);
    assert_eq!(summary.dead_letters[0].attempts, 1);
    let again = invoke(&function, &[login(1, None, "EVT-1")]).await;
    assert_eq!(outcome(&again), Outcome::Duplicate, "a redelivery does not dead-letter it again");
    assert_eq!(again.dead_letters.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn attempts_are_made_only_while_time_remains() {
    let function = failing(throttled());
    let delivery = payload(&[login(1, None, "EVT-1")]);
    let summary = function.invoke_within(Duration::from_secs(3), &delivery).await.unwrap();
    assert_eq!(outcome(&summary), returned(Reason::DeadlineNear));
    let attempts = function.handler().calls().len();
    assert!((1..=2).contains(&attempts), "{attempts}");
    let again = function.invoke(&delivery).await.unwrap();
    assert_eq!(outcome(&again), Outcome::DeadLettered);
    assert_eq!(again.dead_letters[0].attempts, 3, "counted anew in each invocation");
}

#[tokio::test(start_paused = true)]
async fn no_handler_starts_after_time_is_up() {
    let function = succeeding();
    let delivery = payload(&[login(1, None, "EVT-1"), record(2, None, None)]);
    let summary = function.invoke_within(Duration::ZERO, &delivery).await.unwrap();
    assert_eq!(outcomes(&summary), [(1, returned(Reason::DeadlineNear)), (2, Outcome::Done)]);
    assert!(function.handler().calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_handler_starts_if_its_claim_took_nearly_all_the_time() {
    let function = succeeding();
    function.claims.disturb(|_, _| tidings_consumer::testing::Disturbance {
        after: Duration::from_millis(7100),
        ..Default::default()
    });
    let delivery = payload(&[login(1, None, "EVT-1")]);
    let summary = function.invoke_within(Duration::from_secs(10), &delivery).await.unwrap();
    assert_eq!(outcome(&summary), returned(Reason::DeadlineNear));
    assert!(function.handler().calls().is_empty());
    assert_eq!((summary.settled[0].attempts, summary.settled[0].effect_at_risk), (0, false));
}

#[tokio::test(start_paused = true)]
async fn the_answer_is_ready_before_the_deadline_even_if_the_stores_hang() {
    let function = succeeding();
    function.claims.disturb(|operation, _| tidings_consumer::testing::Disturbance {
        before: if operation == "settle" { Duration::from_hours(1) } else { Duration::ZERO },
        ..Default::default()
    });
    let began = tokio::time::Instant::now();
    let summary = invoke(&function, &[login(1, None, "EVT-1")]).await;
    assert_eq!(outcome(&summary), returned(Reason::EffectUnconfirmed));
    assert!(began.elapsed() <= Duration::from_millis(59_760), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_the_far_future_does_not_overflow() {
    let function = succeeding();
    let delivery = payload(&[login(1, None, "EVT-1")]);
    let summary = function.invoke_within(Duration::MAX, &delivery).await.unwrap();
    assert_eq!(outcome(&summary), Outcome::Done);
}
