//! Calls a handler until it succeeds, fails permanently, or runs out of attempts or time.

use std::{future::Future, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use jiff::Timestamp;
use tracing::Instrument as _;

use crate::{
    breaker::Breaker,
    error::{Failure, HandlerError},
    invocation::Invocation,
    outcome::Reason,
};

/// Attempts per invocation, including the first.
const MAX_ATTEMPTS: u32 = 3;

/// Error types after which it is unknown whether the effect happened.
const LEAVE_EFFECT_OPEN: &[&str] = &["AwsResponseUnreadable", "AwsTimeout", "HandlerTimeout"];

/// The attempts made for a record in this invocation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempts {
    pub count: u32,
    pub first_at: Timestamp,
}

/// The result of all attempts.
pub(crate) enum Verdict {
    Succeeded,
    Failed(Failure),
    Return(Reason),
}

/// The attempts made for a record, and their result.
pub(crate) struct Attempted {
    pub verdict: Verdict,
    pub attempts: Attempts,
    /// Whether an attempt that did not succeed may have had its effect.
    pub effect_at_risk: bool,
}

/// Makes attempts. After a failure, `halted` returns a reason if no other attempt may follow in this invocation.
pub(crate) async fn attempt<F>(
    breaker: &Breaker,
    invocation: &Invocation,
    halted: impl Fn() -> Option<Reason>,
    mut call: impl FnMut() -> F,
) -> Attempted
where
    F: Future<Output = Result<(), HandlerError>>,
{
    let mut waits = backoff();
    let mut attempts = Attempts { count: 0, first_at: invocation.now() };
    let mut effect_at_risk = false;
    let verdict = loop {
        if !invocation.may_start() {
            break Verdict::Return(Reason::DeadlineNear);
        }
        if !breaker.allows_attempt(invocation.now()) {
            break Verdict::Return(Reason::BreakerOpen);
        }
        attempts.count += 1;
        let failure = match call().await {
            Ok(()) => {
                breaker.succeeded();
                break Verdict::Succeeded;
            }
            Err(HandlerError::Permanent(failure)) => break Verdict::Failed(failure),
            Err(HandlerError::Retryable(failure)) => failure,
        };
        log_failure(&failure, attempts.count);
        effect_at_risk |= LEAVE_EFFECT_OPEN.contains(&failure.error_type.as_str());
        if let Some(reason) = halted() {
            break Verdict::Return(reason);
        }
        breaker.failed(invocation.now());
        if breaker.is_open() {
            break Verdict::Return(Reason::BreakerOpen);
        }
        let remaining = invocation.remaining();
        match waits.next() {
            _ if remaining.is_zero() => break Verdict::Return(Reason::DeadlineNear),
            None => break Verdict::Failed(failure),
            Some(wait) if wait >= remaining => break Verdict::Return(Reason::DeadlineNear),
            Some(wait) => tokio::time::sleep(wait).await,
        }
    };
    Attempted { verdict, attempts, effect_at_risk }
}

/// Runs one handler call in a separate task, so that a panic or a hang affects only its record.
pub(crate) async fn guard<F>(limit: Duration, work: F) -> Result<(), HandlerError>
where
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    let mut task = tokio::spawn(work.in_current_span());
    match tokio::time::timeout(limit, &mut task).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => {
            Err(HandlerError::permanent("HandlerPanicked", "the handler panicked; see the log for the place"))
        }
        Err(_) => {
            task.abort();
            let message = format!("the handler took longer than {} ms", limit.as_millis());
            Err(HandlerError::retryable("HandlerTimeout", message))
        }
    }
}

fn log_failure(failure: &Failure, attempt: u32) {
    tracing::warn!(
        error.r#type = failure.error_type,
        error.message = failure.message,
        attempt,
        "attempt failed"
    );
}

/// Waits of one and two seconds, each plus a random part of up to its own length.
fn backoff() -> impl Iterator<Item = Duration> + Send {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_secs(1))
        .with_factor(2.0)
        .with_max_delay(Duration::from_secs(10))
        .with_max_times(MAX_ATTEMPTS as usize - 1)
        .with_jitter()
        .build()
}
