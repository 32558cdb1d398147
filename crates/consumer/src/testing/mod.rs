//! A test harness: a whole function in one process, with the real consumer and stores in memory.

mod claims;
mod disturbance;
mod queue;

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

pub use self::{
    claims::MemoryClaims,
    disturbance::{Disturbance, Fault},
    queue::MemoryQueue,
};
pub use crate::{batch::BatchConsumer, single::Consumer};
use crate::{
    claims::Claims,
    consume::Consume,
    dead_letter::{DeadLetter, DeadLetterQueue},
    handler::{BatchHandler, Handler},
    invocation::Invocation,
    options::Options,
    outcome::{Outcome, Settled},
    payload::PayloadError,
    settle::Stores,
};

/// The timeout of an invocation of the harness.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A function with its consumer and stores in memory.
///
/// Its wall clock is tokio's clock. A test that pauses that clock controls the time within and between invocations.
pub struct Harness<C> {
    consumer: C,
    started: (Timestamp, Instant),
    /// The claims and facts.
    pub claims: Arc<MemoryClaims>,
    /// The dead letter queue.
    pub dead_letters: Arc<MemoryQueue>,
}

/// The results of one invocation.
#[derive(Debug)]
pub struct Summary {
    /// Records that ended as done, tombstones included.
    pub done: usize,
    /// Records settled before.
    pub duplicate: usize,
    /// Records that went to the dead letter queue.
    pub dead_lettered: usize,
    /// Records to deliver again.
    pub returned: usize,
    /// How each record ended.
    pub settled: Vec<Settled>,
    /// The content of the dead letter queue after this invocation.
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
    /// A function that handles single events.
    pub fn new(function: &'static str, handler: H) -> Self {
        let (stores, claims, dead_letters) = stores(function);
        let consumer = Consumer::new(handler, stores, options());
        Self { consumer, started: (Timestamp::now(), Instant::now()), claims, dead_letters }
    }

    /// The handler under test.
    pub fn handler(&self) -> &H {
        &self.consumer.handler
    }
}

impl<H: BatchHandler> Harness<BatchConsumer<H>> {
    /// A function that stores the records of a partition in one write.
    pub fn new_batch(function: &'static str, handler: H) -> Self {
        let (stores, claims, dead_letters) = stores(function);
        let consumer = BatchConsumer::new(handler, stores, options());
        Self { consumer, started: (Timestamp::now(), Instant::now()), claims, dead_letters }
    }

    /// The handler under test.
    pub fn batch_handler(&self) -> &H {
        &self.consumer.handler
    }
}

#[expect(private_bounds, reason = "a harness is made for the two consumers only")]
impl<C: Consume> Harness<C> {
    /// Invokes the function.
    pub async fn invoke(&self, payload: &[u8]) -> Result<Summary, PayloadError> {
        self.invoke_within(TIMEOUT, payload).await
    }

    /// Invokes the function with its deadline `timeout` from now.
    pub async fn invoke_within(&self, timeout: Duration, payload: &[u8]) -> Result<Summary, PayloadError> {
        let settled = self.consumer.consume(payload, &self.invocation(timeout)).await?;
        Ok(self.summary(settled))
    }

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

    fn invocation(&self, timeout: Duration) -> Invocation {
        let (started, anchor) = self.started;
        let after = |time, duration| {
            let duration = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
            Timestamp::saturating_add(time, duration).unwrap_or(Timestamp::MAX)
        };
        let now = after(started, anchor.elapsed());
        Invocation::starting("test-request".to_owned(), now, after(now, timeout))
    }
}
