//! Claims and duplicates.

use std::time::Duration;

use tidings_consumer::{
    claims::Fact,
    outcome::{Outcome, Reason},
    testing::{Disturbance, Fault},
};
use tokio::time::{advance, sleep};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn a_record_is_claimed_before_its_handler_runs_and_settled_after() {
    let log = Log::default();
    let in_handler = log.clone();
    let function = function(move |call| {
        in_handler.note(format!("handle {}", call.id));
        async { Ok(()) }
    });
    let in_store = log.clone();
    function.claims.disturb(move |operation, id| {
        in_store.note(format!("{operation} {id}"));
        Disturbance::default()
    });
    let summary = invoke(&function, &[login(1, None, "EVT-1")]).await;
    assert_eq!(outcome(&summary), Outcome::Done);
    assert_eq!(log.lines(), ["claim email#EVT-1", "handle EVT-1", "settle email#EVT-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_settled_event_is_a_duplicate_at_any_position() {
    let function = succeeding();
    invoke(&function, &[login(1, None, "EVT-1")]).await;
    let again = invoke(&function, &[login(1, None, "EVT-1"), login(2, Some("k"), "EVT-1")]).await;
    assert_eq!(outcomes(&again), [(1, Outcome::Duplicate), (2, Outcome::Duplicate)]);
    assert_eq!(function.handler().calls(), ["EVT-1"]);
}

#[tokio::test(start_paused = true)]
async fn one_event_under_two_keys_of_a_batch_is_handled_once() {
    let function = function(async |_| {
        sleep(Duration::from_secs(1)).await;
        Ok(())
    });
    let summary = invoke(&function, &[login(1, Some("a"), "EVT-1"), login(2, Some("b"), "EVT-1")]).await;
    assert_eq!((summary.done, summary.duplicate), (1, 1));
    assert_eq!(function.handler().calls(), ["EVT-1"]);
}

#[tokio::test(start_paused = true)]
async fn the_same_id_with_other_content_is_a_dead_letter_and_the_original_stays() {
    let function = succeeding();
    invoke(&function, &[login(1, None, "EVT-1")]).await;
    let reused = record(2, None, Some(&spelled_otherwise("EVT-1", "USR789015")));
    let summary = invoke(&function, std::slice::from_ref(&reused)).await;
    assert_eq!(outcome(&summary), Outcome::DeadLettered);
    assert_eq!(summary.dead_letters[0].error.error_type, "EventIdReused");
    assert_eq!(function.claims.fact("email#EVT-1"), Some(Fact::Done));
    let again = invoke(&function, &[reused, login(3, None, "EVT-1")]).await;
    assert_eq!((again.duplicate, again.dead_letters.len()), (2, 1), "the dead letter is remembered");
}

#[tokio::test(start_paused = true)]
async fn an_event_serialized_differently_is_a_duplicate() {
    let function = succeeding();
    invoke(&function, &[login(1, None, "EVT-1")]).await;
    let respelled = record(2, None, Some(&spelled_otherwise("EVT-1", "USR789014")));
    assert_eq!(outcome(&invoke(&function, &[respelled]).await), Outcome::Duplicate);
    assert_eq!(function.handler().calls(), ["EVT-1"]);
}

#[tokio::test(start_paused = true)]
async fn values_that_are_not_json_are_compared_byte_for_byte() {
    let function = succeeding();
    let broken = |end: &str| record(1, None, Some(format!("{{\"a\": 1{end}").as_bytes()));
    invoke(&function, &[broken("")]).await;
    assert_eq!(outcome(&invoke(&function, &[broken("")]).await), Outcome::Duplicate);
    let summary = invoke(&function, &[broken(" ")]).await;
    assert_eq!(outcome(&summary), Outcome::DeadLettered);
    assert_eq!(summary.dead_letters[1].error.error_type, "PositionReused");
    let again = invoke(&function, &[broken(" ")]).await;
    assert_eq!((again.duplicate, again.dead_letters.len()), (1, 2), "the dead letter is remembered");
}

/// After a topic was deleted and created again, an old event's id may occur at an old record's position.
#[tokio::test(start_paused = true)]
async fn a_reused_id_at_a_reused_position_is_still_settled() {
    let function = succeeding();
    invoke(&function, &[login(1, None, "EVT-1"), record(2, None, Some(b"{"))]).await;
    let reused = record(2, None, Some(&spelled_otherwise("EVT-1", "USR789015")));
    let first = invoke(&function, std::slice::from_ref(&reused)).await;
    assert_eq!((outcome(&first), first.dead_letters.len()), (Outcome::DeadLettered, 2));
    let again = invoke(&function, &[reused]).await;
    assert_eq!((outcome(&again), again.dead_letters.len()), (Outcome::Duplicate, 2));
}

/// The event of [`event`] with its fields in another order, other white space and other escapes.
fn spelled_otherwise(id: &str, user: &str) -> Vec<u8> {
    let json = format!(
        r#"{{ "version" : "1.0", "data": {{"user_id":"\u{:04x}{}"}},
             "timestamp": "2025-01-15T02:05:35.625Z", "event_type": "door\u002eopened", "event_id": "{id}" }}"#,
        u32::from(user.as_bytes()[0]),
        &user[1..],
    );
    json.into_bytes()
}

#[tokio::test(start_paused = true)]
async fn a_claim_held_elsewhere_is_awaited() {
    let function = function(async |_| {
        sleep(Duration::from_secs(5)).await;
        Ok(())
    });
    let records = [login(1, None, "EVT-1")];
    let (first, second) = tokio::join!(invoke(&function, &records), invoke(&function, &records));
    assert_eq!((outcome(&first), outcome(&second)), (Outcome::Done, Outcome::Duplicate));
    assert_eq!(function.handler().calls(), ["EVT-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_record_claimed_elsewhere_until_time_is_up_is_returned() {
    let function = function(async |_| {
        sleep(Duration::from_secs(5)).await;
        Ok(())
    });
    let records = payload(&[login(1, None, "EVT-1")]);
    let short = function.invoke_within(Duration::from_secs(3), &records);
    let (first, second) = tokio::join!(function.invoke(&records), short);
    assert_eq!(outcome(&first.unwrap()), Outcome::Done);
    assert_eq!(outcome(&second.unwrap()), returned(Reason::ClaimedElsewhere));
    assert_eq!(function.handler().calls(), ["EVT-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_lease_lasts_until_a_second_after_the_deadline() {
    let function = function(|call| async move { if call.earlier == 0 { hang().await } else { Ok(()) } });
    let records = [login(1, None, "EVT-1")];
    invoke_and_kill(&function, Duration::from_secs(1), &records).await;
    advance(Duration::from_millis(59_900)).await;
    let early = function.invoke_within(Duration::from_millis(100), &payload(&records)).await.unwrap();
    assert_eq!(outcome(&early), returned(Reason::ClaimedElsewhere), "60.9 s after the start");
    advance(Duration::from_millis(100)).await;
    let later = function.invoke_within(Duration::from_millis(100), &payload(&records)).await.unwrap();
    assert_eq!(outcome(&later), Outcome::Done, "61.0 s after the start");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_loses_no_claim_or_fact() {
    let function = succeeding();
    let mut asked = 0;
    function.claims.disturb(move |_, _| {
        asked += 1;
        if asked % 2 == 1 { Fault::AnswerLost.into() } else { Disturbance::default() }
    });
    let summary = invoke(&function, &[login(1, None, "EVT-1")]).await;
    assert_eq!(outcome(&summary), Outcome::Done);
    assert!(!summary.settled[0].effect_at_risk);
}

#[tokio::test(start_paused = true)]
async fn a_record_without_a_readable_id_is_claimed_by_position() {
    let function = succeeding();
    let unreadable = |offset| record(offset, None, Some(b"{"));
    let first = invoke(&function, &[unreadable(1)]).await;
    assert_eq!(outcome(&first), Outcome::DeadLettered);
    let second = invoke(&function, &[unreadable(1), unreadable(2)]).await;
    assert_eq!(outcomes(&second), [(1, Outcome::Duplicate), (2, Outcome::DeadLettered)]);
    assert_eq!(function.claims.settled(), ["email#door.opened/3/1", "email#door.opened/3/2"]);
}

#[tokio::test(start_paused = true)]
async fn a_malformed_record_does_not_block_the_valid_event_with_its_id() {
    let function = succeeding();
    let mut malformed = login(1, None, "EVT-1");
    malformed["key"] = "no base64!".into();
    let first = invoke(&function, &[malformed]).await;
    assert_eq!(outcome(&first), Outcome::DeadLettered);
    assert_eq!(first.dead_letters[0].error.error_type, "MalformedRecord");
    let whole = invoke(&function, &[login(2, Some("k"), "EVT-1")]).await;
    assert_eq!(outcome(&whole), Outcome::Done);
}
