//! Retries of requests to the stores.

use std::{future::Future, time::Duration};

use backon::{ExponentialBuilder, Retryable};

use crate::{claims::StoreError, dead_letter::QueueError, invocation::Invocation};

/// For requests before the effect: if the store stays unreachable, the record can be returned without harm.
pub(crate) const BRIEF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(100))
    .with_max_delay(Duration::from_secs(1))
    .with_max_times(4)
    .with_jitter();
/// For facts: if they cannot be stored, the effect may be repeated, so all remaining time is spent on them.
pub(crate) const LASTING: ExponentialBuilder = BRIEF.without_max_times();

/// Retries a request to a store until the answer is due.
pub(crate) async fn persist<T, E, F>(
    invocation: &Invocation,
    patience: ExponentialBuilder,
    operation: impl FnMut() -> F,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
    E: From<TimeUp>,
{
    match tokio::time::timeout(invocation.until_answer(), operation.retry(patience)).await {
        Ok(result) => result,
        Err(_) => Err(TimeUp.into()),
    }
}

/// The answer was due before the store answered.
pub(crate) struct TimeUp;

impl From<TimeUp> for StoreError {
    fn from(_: TimeUp) -> Self {
        Self("the invocation's time is up".to_owned())
    }
}

impl From<TimeUp> for QueueError {
    fn from(_: TimeUp) -> Self {
        Self("the invocation's time is up".to_owned())
    }
}
