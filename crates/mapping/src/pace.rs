//! Limits how often offsets are committed.

use std::time::{Duration, Instant};

/// The least time between commits. A commit costs the broker as much as the delivery of thousands of records.
const INTERVAL: Duration = Duration::from_millis(50);

/// Allows one commit at a time, so that commits arrive in order, and not too often.
#[derive(Default)]
pub(super) struct Pace {
    under_way: bool,
    next: Option<Instant>,
}

impl Pace {
    /// Whether a commit may start.
    pub(super) fn allows(&self, at: Instant) -> bool {
        !self.under_way && self.next.is_none_or(|next| next <= at)
    }

    /// Records the start of a commit.
    pub(super) fn begin(&mut self, at: Instant) {
        *self = Self { under_way: true, next: Some(at + INTERVAL) };
    }

    /// Records the end of a commit, successful or not.
    pub(super) fn end(&mut self) {
        self.under_way = false;
    }

    /// When the next commit may start, if that is in the future and no commit is running.
    pub(super) fn wake_at(&self, at: Instant) -> Option<Instant> {
        self.next.filter(|next| !self.under_way && *next > at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_run_one_at_a_time_and_not_too_often() {
        let mut pace = Pace::default();
        let start = Instant::now();
        assert!(pace.allows(start));
        pace.begin(start);
        let later = start + INTERVAL;
        assert!(!pace.allows(later), "while one is running");
        assert_eq!(pace.wake_at(start), None, "the end of the commit wakes the poller");
        pace.end();
        assert!(!pace.allows(start));
        assert_eq!(pace.wake_at(start), Some(later));
        assert!(pace.allows(later));
        assert_eq!(pace.wake_at(later), None);
    }
}
