use futures::{FutureExt as _, future::BoxFuture};
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{claims::StoreError, testing::MemoryQueue};

/// A store in which another invocation has taken over every claim by the time a fact is stored.
struct TakenOver;

impl Claims for TakenOver {
    fn claim<'a>(&'a self, _: &'a ClaimRequest) -> BoxFuture<'a, Result<Claimed, StoreError>> {
        async { Ok(Claimed::Mine { unfinished_starts: 0 }) }.boxed()
    }

    fn settle<'a>(&'a self, _: &'a ClaimRequest, _: Fact) -> BoxFuture<'a, Result<bool, StoreError>> {
        async { Ok(false) }.boxed()
    }

    fn release<'a>(&'a self, _: &'a ClaimRequest) -> BoxFuture<'a, Result<(), StoreError>> {
        async { Ok(()) }.boxed()
    }
}

#[tokio::test]
async fn a_claim_taken_over_by_another_invocation_is_not_settled_as_done() {
    let stores = Stores {
        function: "email",
        function_version: "7".to_owned(),
        claims: Arc::new(TakenOver),
        dead_letters: Arc::new(MemoryQueue::default()),
    };
    let deadline = Timestamp::now() + SignedDuration::from_mins(1);
    let invocation = Invocation::new("request-1".to_owned(), deadline);
    let batch = crate::payload::read(br#"{"records":{"t-0":[{"offset":1,"value":"e30="}]}}"#).unwrap();
    let record = &batch.records[0];
    let identity = Identity::of_record(record);
    let subject = Subject { identity: &identity, source: &record.source, json: &record.json };
    let claim = identity.claim_record(record, "email", &invocation);
    let attempts = Attempts { count: 1, first_at: invocation.now() };
    let attempted = Attempted { verdict: Verdict::Succeeded, attempts, effect_at_risk: false };
    let end = stores.conclude(&subject, &claim, &attempted, &invocation).await;
    assert_eq!(end.outcome, Outcome::Returned(Reason::EffectUnconfirmed));
    assert!(end.effect_at_risk);
}
