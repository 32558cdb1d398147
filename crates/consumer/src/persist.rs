//! Asking a store again.

use std::{future::Future, time::Duration};

use backon::{ExponentialBuilder, Retryable};

use crate::{claims::StoreError, dead_letter::QueueError, invocation::Invocation};

/// For what can be returned without harm if the store is away.
pub(crate) const BRIEF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(100))
    .with_max_delay(Duration::from_secs(1))
    .with_max_times(4)
    .with_jitter();
/// For facts: what happened may happen again if they cannot be stored, so they are worth all the time there is.
pub(crate) const LASTING: ExponentialBuilder = BRIEF.without_max_times();

/// Tries a store again, at most until the answer is due.
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

/// The answer was due first.
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
