//! One invocation: its request and the time it has.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// The most time kept back for settling what was begun: dead letters and facts.
const MAX_RESERVE: Duration = Duration::from_secs(2);

/// One invocation: its request and the time it has.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Lambda's id of it.
    pub request_id: String,
    started: Timestamp,
    // A monotonic clock beside the wall clock; anchored anew for each invocation, because it stands still
    // while Lambda freezes the process in between.
    anchor: Instant,
    work_until: Instant,
    deadline: Timestamp,
}

impl Invocation {
    /// An invocation that starts now and is killed at `deadline`. A fifth of its time, at most two seconds,
    /// is kept back for settling.
    #[must_use]
    pub fn new(request_id: String, deadline: Timestamp) -> Self {
        let (started, anchor) = (Timestamp::now(), Instant::now());
        let time = Duration::try_from(deadline.duration_since(started)).unwrap_or_default();
        let work_until = anchor + (time - MAX_RESERVE.min(time / 5));
        Self { request_id, started, anchor, work_until, deadline }
    }

    /// The time of day.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.anchor.elapsed()).unwrap_or(SignedDuration::MAX);
        self.started.saturating_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    /// How long handlers may still work.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.work_until.saturating_duration_since(Instant::now())
    }

    /// How long until the invocation is killed.
    #[must_use]
    pub fn until_deadline(&self) -> Duration {
        Duration::try_from(self.deadline.duration_since(self.now())).unwrap_or_default()
    }

    /// Until when a claim of this invocation holds: its deadline plus a second, when its process is surely
    /// gone.
    #[must_use]
    pub fn lease_until(&self) -> Timestamp {
        self.deadline.saturating_add(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX)
    }
}
