//! Stops attempts while the service behind a handler is down.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// So many failed attempts in a row, with no success between them, are an outage and not one bad event: more
/// than three events use up.
const FAILURES_TO_OPEN: u32 = 10;
/// How long the breaker stays open before one record may try again.
const COOL_DOWN: Duration = Duration::from_secs(30);

/// A circuit breaker over a handler's retryable failures. While it is open, records are returned instead of
/// dead-lettered: an outage is nothing that a dead letter queue should hold.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
}

impl Breaker {
    /// Whether an attempt may be made. After the cool-down one may, as a probe; it opens or closes the breaker.
    pub fn allows_attempt(&self) -> bool {
        let mut state = self.state();
        let now = Instant::now();
        match state.open_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                state.open_until = Some(now + COOL_DOWN);
                true
            }
        }
    }

    /// Whether attempts are stopped at the moment.
    pub fn is_open(&self) -> bool {
        self.state().open_until.is_some()
    }

    pub fn succeeded(&self) {
        *self.state() = State::default();
    }

    pub fn failed(&self) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES_TO_OPEN {
            state.open_until = Some(Instant::now() + COOL_DOWN);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every write leaves the state whole, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outage_opens_it_and_one_probe_closes_it() {
        let breaker = Breaker::default();
        for _ in 0..FAILURES_TO_OPEN {
            assert!(breaker.allows_attempt());
            breaker.failed();
        }
        assert!(breaker.is_open());
        assert!(!breaker.allows_attempt());
        tokio::time::advance(COOL_DOWN).await;
        assert!(breaker.allows_attempt(), "one probe");
        assert!(!breaker.allows_attempt(), "only one");
        breaker.succeeded();
        assert!(breaker.allows_attempt());
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_between_failures_keeps_it_closed() {
        let breaker = Breaker::default();
        for _ in 0..FAILURES_TO_OPEN * 3 {
            breaker.failed();
            breaker.failed();
            breaker.succeeded();
        }
        assert!(!breaker.is_open());
    }
}
