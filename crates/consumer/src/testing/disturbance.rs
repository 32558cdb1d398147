//! Simulates slow stores, refused requests and lost answers.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::sleep;

/// The disturbance of one call to a store.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disturbance {
    /// How long the request takes to arrive.
    pub before: Duration,
    /// How long the answer takes.
    pub after: Duration,
    /// The fault, if any.
    pub fault: Option<Fault>,
}

/// A fault in a call to a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request is refused and nothing is done.
    Refused,
    /// The request is carried out, but the answer is lost.
    AnswerLost,
}

impl From<Fault> for Disturbance {
    fn from(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }
}

type Script = Box<dyn FnMut(&str, &str) -> Disturbance + Send>;

/// Decides on the disturbance of each call to a store, by its operation and id.
#[derive(Default)]
pub(super) struct Disturbances(Mutex<Option<Script>>);

/// The error of a call with a fault.
pub(super) struct Injected;

impl fmt::Display for Injected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a fault that the test injected")
    }
}

impl Disturbances {
    pub fn set(&self, script: impl FnMut(&str, &str) -> Disturbance + Send + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(script));
    }

    pub async fn around<T>(
        &self,
        operation: &str,
        id: &str,
        work: impl FnOnce() -> T + Send,
    ) -> Result<T, Injected> {
        let Disturbance { before, after, fault } = self.next(operation, id);
        sleep_if_any(before).await;
        if fault == Some(Fault::Refused) {
            return Err(Injected);
        }
        let answer = work();
        sleep_if_any(after).await;
        if fault == Some(Fault::AnswerLost) { Err(Injected) } else { Ok(answer) }
    }

    fn next(&self, operation: &str, id: &str) -> Disturbance {
        let mut script = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        script.as_mut().map(|script| script(operation, id)).unwrap_or_default()
    }
}

/// Does not call tokio's timer without need, because it requires a runtime with timers and rounds up to a millisecond.
async fn sleep_if_any(duration: Duration) {
    if !duration.is_zero() {
        sleep(duration).await;
    }
}
