//! The backoff between attempts.

use std::time::Duration;

/// Chosen: AWS documents a backoff between attempts, but not its length.
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

/// Exponential backoff. The upper half of each wait is random, so that mappings that failed together do not retry
/// together.
pub(super) struct Backoff {
    state: u64,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed | 1 }
    }

    /// The wait after this number of attempts (from 1).
    pub(super) fn after(&mut self, tries: u32) -> Duration {
        let whole = FIRST.saturating_mul(1 << (tries.saturating_sub(1)).min(16)).min(LONGEST);
        let half = whole / 2;
        half + half.mul_f64(self.fraction())
    }

    /// A random number between 0 and 1 by xorshift, which is good enough for jitter.
    fn fraction(&mut self) -> f64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        f64::from(u32::try_from(self.state >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_with_jitter() {
        let mut backoff = Backoff::new(7);
        let waits: Vec<_> = (1..=20).map(|tries| backoff.after(tries)).collect();
        for (index, wait) in waits.iter().enumerate() {
            let whole = (FIRST * (1 << index.min(10))).min(LONGEST);
            assert!(*wait >= whole / 2 && *wait <= whole, "try {index}: {wait:?}");
        }
        assert_ne!(waits[18], waits[19]);
    }
}
