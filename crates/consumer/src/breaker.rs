//! Stops attempts while the service behind a handler is down.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// This many failed attempts in a row count as an outage. Three bad events alone make fewer attempts.
const FAILURES_TO_OPEN: u32 = 10;
/// How long the breaker stays open before one record may try again.
const COOL_DOWN: SignedDuration = SignedDuration::from_secs(30);

/// A circuit breaker over a handler's retryable failures. While it is open, records are returned instead of
/// dead-lettered: records must not end in the dead letter queue because of an outage.
///
/// It uses the wall clock, because a monotonic clock does not run while Lambda freezes the process between invocations,
/// and the invocations with an open breaker are too short to add up to the cool-down.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Timestamp>,
}

impl Breaker {
    /// Whether an attempt may be made. After the cool-down one attempt is allowed as a probe, which closes the breaker
    /// or opens it again.
    pub fn allows_attempt(&self, now: Timestamp) -> bool {
        let mut state = self.state();
        match state.open_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                state.open_until = Some(cool_down_from(now));
                true
            }
        }
    }

    /// Whether attempts are currently stopped.
    pub fn is_open(&self) -> bool {
        self.state().open_until.is_some()
    }

    pub fn succeeded(&self) {
        *self.state() = State::default();
    }

    pub fn failed(&self, now: Timestamp) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES_TO_OPEN {
            state.open_until = Some(cool_down_from(now));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every write leaves the state consistent, so a poisoned lock is harmless.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cool_down_from(now: Timestamp) -> Timestamp {
    now.saturating_add(COOL_DOWN).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn open() -> Breaker {
        let breaker = Breaker::default();
        for _ in 0..FAILURES_TO_OPEN {
            assert!(breaker.allows_attempt(NOW));
            breaker.failed(NOW);
        }
        breaker
    }

    #[test]
    fn an_outage_opens_it_and_one_probe_closes_it() {
        let breaker = open();
        assert!(breaker.is_open());
        assert!(!breaker.allows_attempt(NOW));
        let later = NOW + COOL_DOWN;
        assert!(breaker.allows_attempt(later), "one probe");
        assert!(!breaker.allows_attempt(later), "only one");
        breaker.succeeded();
        assert!(breaker.allows_attempt(later));
        assert!(!breaker.is_open());
    }

    #[test]
    fn a_failed_probe_starts_the_cool_down_again() {
        let breaker = open();
        let later = NOW + COOL_DOWN;
        assert!(breaker.allows_attempt(later));
        breaker.failed(later);
        assert!(!breaker.allows_attempt(later));
        assert!(breaker.allows_attempt(later + COOL_DOWN));
    }

    #[test]
    fn a_success_between_failures_keeps_it_closed() {
        let breaker = Breaker::default();
        for _ in 0..FAILURES_TO_OPEN * 3 {
            breaker.failed(NOW);
            breaker.failed(NOW);
            breaker.succeeded();
        }
        assert!(!breaker.is_open());
    }
}
