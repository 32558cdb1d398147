//! One invocation: its request id and its time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// The most time reserved for settling records: dead letters and facts.
const MAX_RESERVE: Duration = Duration::from_secs(2);
/// The part of the reserve for the answer itself, which Lambda must receive before the deadline.
const ANSWER_SHARE: u32 = 8;
/// The least time to start a handler with. With less, it might be cut off right after its effect.
const LEAST_START: Duration = Duration::from_secs(1);

/// One invocation: its request id and its time.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Lambda's request id.
    pub request_id: String,
    started: Timestamp,
    // A monotonic clock besides the wall clock. It is synchronized for each invocation, because it does not run
    // while Lambda freezes the process between invocations.
    anchor: Instant,
    work_until: Instant,
    start_until: Instant,
    settle_until: Instant,
    deadline: Timestamp,
}

impl Invocation {
    /// An invocation that starts now and is killed at `deadline`. A fifth of its time, at most two seconds,
    /// is reserved for settling.
    #[must_use]
    pub fn new(request_id: String, deadline: Timestamp) -> Self {
        Self::starting(request_id, Timestamp::now(), deadline)
    }

    /// An invocation whose clock shows `started` now.
    pub(crate) fn starting(request_id: String, started: Timestamp, deadline: Timestamp) -> Self {
        let anchor = Instant::now();
        let time = Duration::try_from(deadline.duration_since(started)).unwrap_or_default();
        let reserve = MAX_RESERVE.min(time / 5);
        let work = time.saturating_sub(reserve);
        let work_until = anchor + work;
        let start_until = anchor + work.saturating_sub(LEAST_START.min(time / 10));
        let settle_until = anchor + time.saturating_sub(reserve / ANSWER_SHARE);
        Self { request_id, started, anchor, work_until, start_until, settle_until, deadline }
    }

    /// The current wall-clock time.
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

    /// Whether there is time for another handler call: a tenth of the invocation's time, at most a second.
    #[must_use]
    pub fn may_start(&self) -> bool {
        Instant::now() < self.start_until
    }

    /// How long requests to the stores may still take. After that the answer is due.
    #[must_use]
    pub fn until_answer(&self) -> Duration {
        self.settle_until.saturating_duration_since(Instant::now())
    }

    /// When a claim of this invocation expires: a second after the deadline, when Lambda has certainly killed the
    /// process.
    #[must_use]
    pub fn lease_until(&self) -> Timestamp {
        self.deadline.saturating_add(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX)
    }
}
