//! The function's answers and metrics.

use jiff::Timestamp;
use rstest::rstest;
use serde_json::{json, to_value};
use tidings_consumer::{
    metrics,
    outcome::{Outcome, Reason, RecordsReturned, Settled, respond},
};

use crate::support::returned;

fn settled(offset: Option<i64>, outcome: Outcome) -> Settled {
    let source = "door.opened-3".to_owned();
    Settled { source, offset, outcome, tombstone: false, attempts: 1, effect_at_risk: false }
}

#[rstest]
#[case(true)]
#[case(false)]
fn nothing_returned_is_an_empty_answer(#[case] partial_batch_responses: bool) {
    let ends = [Outcome::Done, Outcome::Duplicate, Outcome::DeadLettered];
    let records: Vec<_> = ends.into_iter().map(|end| settled(Some(1), end)).collect();
    for records in [&records[..], &[]] {
        let response = respond(records, partial_batch_responses).unwrap();
        assert_eq!(to_value(&response).unwrap(), json!({ "batchItemFailures": [] }));
    }
}

#[test]
fn a_partial_answer_lists_exactly_the_returned_records() {
    let records = [
        settled(Some(1), Outcome::Done),
        settled(Some(2), returned(Reason::BreakerOpen)),
        settled(Some(3), Outcome::DeadLettered),
        settled(Some(4), returned(Reason::BehindReturned)),
        settled(None, Outcome::DeadLettered),
    ];
    let identifier = |offset| json!({ "itemIdentifier": { "partition": "door.opened-3", "offset": offset } });
    assert_eq!(
        to_value(respond(&records, true).unwrap()).unwrap(),
        json!({ "batchItemFailures": [identifier(2), identifier(4)] })
    );
}

#[test]
fn without_partial_answers_a_returned_record_fails_the_invocation() {
    let records = [
        settled(Some(1), Outcome::Done),
        settled(Some(2), returned(Reason::QueueUnreachable)),
        settled(Some(3), returned(Reason::BehindReturned)),
    ];
    let error = respond(&records, false).unwrap_err();
    assert_eq!(error, RecordsReturned { count: 2, reason: Reason::QueueUnreachable });
}

#[test]
fn a_returned_invalid_entry_fails_the_invocation_even_with_partial_answers() {
    let records =
        [settled(Some(1), returned(Reason::DeadlineNear)), settled(None, returned(Reason::DeadlineNear))];
    assert_eq!(respond(&records, true).unwrap_err().count, 2);
}

#[test]
fn every_outcome_is_counted_in_one_line() {
    let mut records = vec![
        settled(Some(1), Outcome::Done),
        settled(Some(2), Outcome::Done),
        settled(Some(3), Outcome::Duplicate),
        settled(Some(4), Outcome::DeadLettered),
        settled(Some(5), returned(Reason::EffectUnconfirmed)),
    ];
    records[1].tombstone = true;
    records[4].effect_at_risk = true;
    records[4].attempts = 3;
    let line = metrics::line("email", "tidings-test-email", Timestamp::UNIX_EPOCH, &records);
    insta::assert_json_snapshot!(line);
}
