//! Scales the number of event pollers.
//!
//! Documented (AWS Lambda developer guide, "Apache Kafka event poller scaling modes"): Lambda evaluates the lag of all
//! partitions once a minute and adds or removes pollers, in provisioned mode between a minimum and a maximum and up to
//! one per partition. A throttled function gets fewer. Inferred: on-demand mode starts with one and also has up to one
//! per partition. Chosen: the thresholds and steps.

use std::time::{Duration, Instant};

use tidings_trigger::{Mapping, Pollers};

/// How often the number is evaluated.
const INTERVAL: Duration = Duration::from_mins(1);
/// The concurrent batches of one poller. Documented for provisioned mode; inferred for on-demand mode, whose pollers
/// work in parallel too.
const BATCHES_PER_POLLER: u32 = 5;

/// The number of pollers and the state of scaling.
pub(super) struct Scaling {
    bounds: Pollers,
    batch_size: u64,
    pollers: u32,
    throttled: bool,
    due: Instant,
}

/// The limit of concurrent invocations with this number of pollers.
pub(super) fn invocations_at_once(pollers: u32) -> u32 {
    pollers.saturating_mul(BATCHES_PER_POLLER)
}

/// The minimum and maximum of pollers, not considering partitions.
pub(super) fn bounds(spec: &Mapping) -> Pollers {
    spec.provisioned.unwrap_or(Pollers { minimum: 1, maximum: u32::MAX })
}

impl Scaling {
    pub(super) fn new(spec: &Mapping, now: Instant) -> Self {
        let bounds = bounds(spec);
        let batch_size = u64::try_from(spec.batch_size).unwrap_or(u64::MAX);
        Self { bounds, batch_size, pollers: bounds.minimum, throttled: false, due: now + INTERVAL }
    }

    /// Records that the function was throttled, so that the next evaluation removes a poller.
    pub(super) fn note_throttle(&mut self) {
        self.throttled = true;
    }

    /// The new number of pollers, if it changes; evaluated once a minute. `lag` is the sum of all partitions.
    pub(super) fn evaluate(&mut self, lag: u64, partitions: usize, now: Instant) -> Option<u32> {
        if now < self.due {
            return None;
        }
        self.due = now + INTERVAL;
        let most = self.bounds.maximum.min(u32::try_from(partitions).unwrap_or(u32::MAX)).max(1);
        let least = self.bounds.minimum.min(most);
        let under_way =
            |pollers: u32| u64::from(invocations_at_once(pollers)).saturating_mul(self.batch_size);
        let wanted = if std::mem::take(&mut self.throttled) {
            self.pollers.saturating_sub(1)
        } else if lag > under_way(self.pollers) {
            self.pollers.saturating_mul(2)
        } else if lag <= under_way(self.pollers.saturating_sub(1)) / 2 {
            self.pollers.saturating_sub(1)
        } else {
            self.pollers
        };
        let before = std::mem::replace(&mut self.pollers, wanted.clamp(least, most));
        (self.pollers != before).then_some(self.pollers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Minutes(Scaling, Instant);

    impl Minutes {
        fn new(bounds: Pollers) -> Self {
            let now = Instant::now();
            let pollers = bounds.minimum;
            Self(Scaling { bounds, batch_size: 10, pollers, throttled: false, due: now + INTERVAL }, now)
        }

        fn next(&mut self, lag: u64, partitions: usize) -> u32 {
            self.1 += INTERVAL;
            self.0.evaluate(lag, partitions, self.1);
            self.0.pollers
        }
    }

    const ON_DEMAND: Pollers = Pollers { minimum: 1, maximum: u32::MAX };

    #[test]
    fn lag_adds_pollers_up_to_one_per_partition_and_no_lag_removes_them() {
        let mut minutes = Minutes::new(ON_DEMAND);
        let grown: Vec<u32> = (0..4).map(|_| minutes.next(1000, 6)).collect();
        assert_eq!(grown, [2, 4, 6, 6]);
        let shrunk: Vec<u32> = (0..6).map(|_| minutes.next(0, 6)).collect();
        assert_eq!(shrunk, [5, 4, 3, 2, 1, 1]);
    }

    #[test]
    fn moderate_lag_does_not_change_the_number_of_pollers() {
        let mut minutes = Minutes::new(Pollers { minimum: 1, maximum: 9 });
        assert_eq!(minutes.next(50, 9), 1);
        assert_eq!(minutes.next(51, 9), 2);
        assert_eq!(minutes.next(60, 9), 2);
    }

    #[test]
    fn provisioned_pollers_stay_between_their_bounds() {
        let mut minutes = Minutes::new(Pollers { minimum: 2, maximum: 3 });
        assert_eq!(minutes.next(0, 9), 2);
        assert_eq!(minutes.next(10_000, 9), 3);
        assert_eq!(minutes.next(10_000, 9), 3);
        assert_eq!(minutes.next(10_000, 1), 1, "never more than the topic has partitions");
    }

    #[test]
    fn a_throttled_function_gets_fewer_pollers_at_any_lag() {
        let mut minutes = Minutes::new(ON_DEMAND);
        assert_eq!(minutes.next(1000, 4), 2);
        minutes.0.note_throttle();
        assert_eq!(minutes.next(1000, 4), 1);
        assert_eq!(minutes.next(1000, 4), 2);
    }

    #[test]
    fn the_number_of_pollers_is_evaluated_once_a_minute() {
        let mut minutes = Minutes::new(ON_DEMAND);
        assert_eq!(minutes.0.evaluate(1000, 4, minutes.1 + INTERVAL / 2), None);
        assert_eq!(minutes.0.evaluate(1000, 4, minutes.1 + INTERVAL), Some(2));
        assert_eq!(minutes.0.evaluate(1000, 4, minutes.1 + INTERVAL + INTERVAL / 2), None);
    }
}
