//! A whole function in one process, for its tests: the real consumer over stores in memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{FutureExt as _, future::BoxFuture};
use jiff::{SignedDuration, Timestamp};

use crate::{
    batch::BatchConsumer,
    breaker::Breaker,
    claims::{ClaimRequest, Claimed, Claims, Fact, StoreError},
    consume::Consumer,
    dead_letter::{DeadLetter, DeadLetterQueue, QueueError},
    handler::{BatchHandler, Handler},
    invocation::Invocation,
    options::Options,
    outcome::{Outcome, Settled},
    payload::PayloadError,
    settle::Stores,
};

/// How long an invocation of the harness may take.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(60);

/// A function with its consumer and stores in memory.
pub struct Harness<C> {
    consumer: C,
    /// The claims and facts.
    pub claims: Arc<MemoryClaims>,
    /// The dead letter queue.
    pub dead_letters: Arc<MemoryQueue>,
}

/// What one invocation did.
#[derive(Debug)]
pub struct Summary {
    /// Records that ended as done, tombstones included.
    pub done: usize,
    /// Records settled before.
    pub duplicate: usize,
    /// Records that went to the dead letter queue.
    pub dead_lettered: usize,
    /// Records to be delivered again.
    pub returned: usize,
    /// Every record's end.
    pub settled: Vec<Settled>,
    /// What is in the dead letter queue by now.
    pub dead_letters: Vec<DeadLetter>,
}

fn stores(function: &'static str) -> (Stores, Arc<MemoryClaims>, Arc<MemoryQueue>) {
    let claims = Arc::new(MemoryClaims::default());
    let dead_letters = Arc::new(MemoryQueue::default());
    let stores = Stores {
        function,
        function_version: "test".to_owned(),
        claims: Arc::clone(&claims) as Arc<dyn Claims>,
        dead_letters: Arc::clone(&dead_letters) as Arc<dyn DeadLetterQueue>,
    };
    (stores, claims, dead_letters)
}

fn options() -> Options {
    Options { max_concurrency: 10, handler_timeout: Duration::from_secs(10), partial_batch_responses: true }
}

impl<H: Handler> Harness<Consumer<H>> {
    /// A function that handles events one by one.
    pub fn new(function: &'static str, handler: H) -> Self {
        let (stores, claims, dead_letters) = stores(function);
        let consumer =
            Consumer { handler: Arc::new(handler), stores, options: options(), breaker: Breaker::default() };
        Self { consumer, claims, dead_letters }
    }

    /// The handler.
    pub fn handler(&self) -> &H {
        &self.consumer.handler
    }

    /// Invokes the function.
    pub async fn invoke(&self, payload: &[u8]) -> Result<Summary, PayloadError> {
        let settled = self.consumer.consume(payload, &invocation()).await?;
        Ok(self.summary(settled))
    }
}

impl<H: BatchHandler> Harness<BatchConsumer<H>> {
    /// A function that stores a partition's records in one write.
    pub fn new_batch(function: &'static str, handler: H) -> Self {
        let (stores, claims, dead_letters) = stores(function);
        let consumer = BatchConsumer {
            handler: Arc::new(handler),
            stores,
            options: options(),
            breaker: Breaker::default(),
        };
        Self { consumer, claims, dead_letters }
    }

    /// The handler.
    pub fn batch_handler(&self) -> &H {
        &self.consumer.handler
    }

    /// Invokes the function.
    pub async fn invoke_batch(&self, payload: &[u8]) -> Result<Summary, PayloadError> {
        let settled = self.consumer.consume(payload, &invocation()).await?;
        Ok(self.summary(settled))
    }
}

impl<C> Harness<C> {
    fn summary(&self, settled: Vec<Settled>) -> Summary {
        let count =
            |outcome: fn(&Outcome) -> bool| settled.iter().filter(|end| outcome(&end.outcome)).count();
        Summary {
            done: count(|outcome| *outcome == Outcome::Done),
            duplicate: count(|outcome| *outcome == Outcome::Duplicate),
            dead_lettered: count(|outcome| *outcome == Outcome::DeadLettered),
            returned: count(|outcome| matches!(outcome, Outcome::Returned(_))),
            dead_letters: self.dead_letters.letters(),
            settled,
        }
    }
}

fn invocation() -> Invocation {
    let deadline = Timestamp::now().saturating_add(TIMEOUT).unwrap_or(Timestamp::MAX);
    Invocation::new("test-request".to_owned(), deadline)
}

/// The idempotency store in memory, with the semantics of the one in DynamoDB.
#[derive(Default)]
pub struct MemoryClaims(Mutex<HashMap<String, MemoryItem>>);

struct MemoryItem {
    request: ClaimRequest,
    lease_until: Timestamp,
    starts: u32,
    fact: Option<Fact>,
}

impl MemoryClaims {
    fn items(&self) -> MutexGuard<'_, HashMap<String, MemoryItem>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
}

impl Claims for MemoryClaims {
    fn claim<'a>(&'a self, request: &'a ClaimRequest) -> BoxFuture<'a, Result<Claimed, StoreError>> {
        async move {
            let mut items = self.items();
            let Some(item) = items.get_mut(&request.id) else {
                let lease_until = request.lease_until;
                let item = MemoryItem { request: request.clone(), lease_until, starts: 1, fact: None };
                items.insert(request.id.clone(), item);
                return Ok(Claimed::Mine { unfinished_starts: 0 });
            };
            if item.request.content != request.content {
                return Ok(Claimed::OtherContent);
            }
            if let Some(fact) = item.fact {
                return Ok(Claimed::Settled(fact));
            }
            if item.lease_until > request.now {
                return Ok(Claimed::Held { until: item.lease_until });
            }
            let unfinished_starts = item.starts;
            item.starts += 1;
            item.request = request.clone();
            item.lease_until = request.lease_until;
            Ok(Claimed::Mine { unfinished_starts })
        }
        .boxed()
    }

    fn settle<'a>(
        &'a self,
        request: &'a ClaimRequest,
        fact: Fact,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        async move {
            let mut items = self.items();
            let held = items.get_mut(&request.id).filter(|item| item.request.owner == request.owner);
            Ok(held.map(|item| item.fact = Some(fact)).is_some())
        }
        .boxed()
    }

    fn release<'a>(&'a self, request: &'a ClaimRequest) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            let mut items = self.items();
            if let Some(item) = items.get_mut(&request.id).filter(|item| item.request.owner == request.owner)
            {
                item.lease_until = Timestamp::MIN;
                item.starts -= 1;
            }
            Ok(())
        }
        .boxed()
    }
}

/// A dead letter queue in memory.
#[derive(Default)]
pub struct MemoryQueue(Mutex<Vec<DeadLetter>>);

impl MemoryQueue {
    /// What was sent, in order.
    #[must_use]
    pub fn letters(&self) -> Vec<DeadLetter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl DeadLetterQueue for MemoryQueue {
    fn send<'a>(&'a self, letter: &'a DeadLetter) -> BoxFuture<'a, Result<(), QueueError>> {
        async move {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(letter.clone());
            Ok(())
        }
        .boxed()
    }
}
