//! The idempotency store in memory.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures::{FutureExt as _, future::BoxFuture};
use jiff::Timestamp;

use super::disturbance::{Disturbance, Disturbances, Injected};
use crate::claims::{ClaimRequest, Claimed, Claims, Fact, StoreError};

/// The idempotency store in memory, with the semantics of the one in DynamoDB, except that nothing expires.
#[derive(Default)]
pub struct MemoryClaims {
    items: Mutex<HashMap<String, MemoryItem>>,
    disturbances: Disturbances,
}

struct MemoryItem {
    request: ClaimRequest,
    lease_until: Timestamp,
    starts: u32,
    fact: Option<Fact>,
}

impl MemoryClaims {
    fn items(&self) -> MutexGuard<'_, HashMap<String, MemoryItem>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The settled ids, sorted.
    #[must_use]
    pub fn settled(&self) -> Vec<String> {
        let items = self.items();
        let mut ids: Vec<String> =
            items.iter().filter(|(_, item)| item.fact.is_some()).map(|(id, _)| id.clone()).collect();
        ids.sort();
        ids
    }

    /// An id's fact, if it is settled.
    #[must_use]
    pub fn fact(&self, id: &str) -> Option<Fact> {
        self.items().get(id)?.fact
    }

    /// Lets `script` disturb each call, by its operation (`claim`, `settle`, `release`) and id.
    pub fn disturb(&self, script: impl FnMut(&str, &str) -> Disturbance + Send + 'static) {
        self.disturbances.set(script);
    }

    fn claim_now(&self, request: &ClaimRequest) -> Claimed {
        let mut items = self.items();
        let Some(item) = items.get_mut(&request.id) else {
            let lease_until = request.lease_until;
            let item = MemoryItem { request: request.clone(), lease_until, starts: 1, fact: None };
            items.insert(request.id.clone(), item);
            return Claimed::Mine { unfinished_starts: 0 };
        };
        if item.request.content != request.content {
            return Claimed::OtherContent;
        }
        if let Some(fact) = item.fact {
            return Claimed::Settled(fact);
        }
        if item.lease_until > request.now {
            return if item.request.owner == request.owner {
                Claimed::Mine { unfinished_starts: item.starts - 1 }
            } else {
                Claimed::Held { until: item.lease_until }
            };
        }
        let unfinished_starts = item.starts;
        item.starts += 1;
        item.request = request.clone();
        item.lease_until = request.lease_until;
        Claimed::Mine { unfinished_starts }
    }

    fn settle_now(&self, request: &ClaimRequest, fact: Fact) -> bool {
        let mut items = self.items();
        let item = items.get_mut(&request.id).filter(|item| {
            item.request.owner == request.owner && item.fact.is_none_or(|stored| stored == fact)
        });
        item.map(|item| item.fact = Some(fact)).is_some()
    }

    fn release_now(&self, request: &ClaimRequest) {
        let mut items = self.items();
        let item = items.get_mut(&request.id);
        if let Some(item) = item.filter(|item| item.request.owner == request.owner && item.fact.is_none()) {
            item.lease_until = Timestamp::UNIX_EPOCH;
            item.starts -= 1;
        }
    }
}

impl Claims for MemoryClaims {
    fn claim<'a>(&'a self, request: &'a ClaimRequest) -> BoxFuture<'a, Result<Claimed, StoreError>> {
        let claim = || self.claim_now(request);
        self.disturbances.around("claim", &request.id, claim).map(unreachable).boxed()
    }

    fn settle<'a>(
        &'a self,
        request: &'a ClaimRequest,
        fact: Fact,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let settle = move || self.settle_now(request, fact);
        self.disturbances.around("settle", &request.id, settle).map(unreachable).boxed()
    }

    fn release<'a>(&'a self, request: &'a ClaimRequest) -> BoxFuture<'a, Result<(), StoreError>> {
        let release = || self.release_now(request);
        self.disturbances.around("release", &request.id, release).map(unreachable).boxed()
    }
}

fn unreachable<T>(answer: Result<T, Injected>) -> Result<T, StoreError> {
    answer.map_err(|fault| StoreError(fault.to_string()))
}
