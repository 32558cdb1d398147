//! How often offsets are committed.

use std::time::{Duration, Instant};

/// From one commit to the next: a commit costs the broker as much as it takes to hand out thousands of records.
const INTERVAL: Duration = Duration::from_millis(50);

/// One commit at a time, so that they arrive in order, and not too often.
#[derive(Default)]
pub(super) struct Pace {
    under_way: bool,
    next: Option<Instant>,
}

impl Pace {
    /// Whether a commit may begin.
    pub(super) fn allows(&self, at: Instant) -> bool {
        !self.under_way && self.next.is_none_or(|next| next <= at)
    }

    /// A commit begins.
    pub(super) fn begin(&mut self, at: Instant) {
        *self = Self { under_way: true, next: Some(at + INTERVAL) };
    }

    /// It ended, however it went.
    pub(super) fn end(&mut self) {
        self.under_way = false;
    }

    /// When a commit may begin that may not yet, unless one is under way.
    pub(super) fn wake_at(&self, at: Instant) -> Option<Instant> {
        self.next.filter(|next| !self.under_way && *next > at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_come_one_at_a_time_and_not_too_often() {
        let mut pace = Pace::default();
        let start = Instant::now();
        assert!(pace.allows(start));
        pace.begin(start);
        let later = start + INTERVAL;
        assert!(!pace.allows(later), "while one is under way");
        assert_eq!(pace.wake_at(start), None, "its end wakes");
        pace.end();
        assert!(!pace.allows(start));
        assert_eq!(pace.wake_at(start), Some(later));
        assert!(pace.allows(later));
        assert_eq!(pace.wake_at(later), None);
    }
}
