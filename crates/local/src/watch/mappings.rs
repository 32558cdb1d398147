//! The watched mappings with their metrics and logs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tidings_mapping::MappingEvent;
use tidings_trigger::{Mapping, Pollers};

use super::log::EventLog;
use super::metrics::{Metrics, Totals};
use super::view::{Mode, Row};

/// All watched mappings, in the order of their start.
#[derive(Default)]
pub(super) struct Mappings(Mutex<Vec<Arc<Watched>>>);

impl Mappings {
    /// Adds a mapping. One that was watched before is reused, so that its counters continue.
    pub(super) fn watch(&self, mapping: &Mapping) -> Arc<Watched> {
        let mut all = lock(&self.0);
        if let Some(known) = all.iter().find(|watched| watched.id == mapping.id) {
            return Arc::clone(known);
        }
        let watched = Arc::new(Watched::new(mapping));
        all.push(Arc::clone(&watched));
        watched
    }

    pub(super) fn all(&self) -> Vec<Arc<Watched>> {
        lock(&self.0).clone()
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        self.all().iter().map(|watched| watched.row()).collect()
    }
}

/// A watched mapping.
pub(super) struct Watched {
    pub(super) id: String,
    pub(super) function: String,
    pub(super) topic: String,
    pub(super) provisioned: Option<Pollers>,
    state: Mutex<State>,
}

struct State {
    metrics: Metrics,
    log: EventLog,
}

impl Watched {
    pub(super) fn new(mapping: &Mapping) -> Self {
        // On-demand mappings start with one poller.
        let initial_pollers = mapping.provisioned.map_or(1, |pollers| pollers.minimum);
        Self {
            id: mapping.id.clone(),
            function: mapping.function.clone(),
            topic: mapping.topic.clone(),
            provisioned: mapping.provisioned,
            state: Mutex::new(State { metrics: Metrics::new(initial_pollers), log: EventLog::new(mapping) }),
        }
    }

    /// Updates the metrics with an event and prints its log lines.
    pub(super) fn note(&self, event: &MappingEvent, print: impl FnMut(String)) {
        let mut state = lock(&self.state);
        let State { metrics, log } = &mut *state;
        log.lines(event, metrics, Timestamp::now).into_iter().for_each(print);
        metrics.note(event);
    }

    pub(super) fn totals(&self) -> Totals {
        let metrics = &lock(&self.state).metrics;
        Totals {
            counts: metrics.counts.clone(),
            lag: metrics.lag,
            provisioned_pollers: self.provisioned.map(|_| metrics.pollers),
        }
    }

    fn row(&self) -> Row {
        let state = lock(&self.state);
        let metrics = &state.metrics;
        Row {
            function: self.function.clone(),
            topic: self.topic.clone(),
            pollers: metrics.pollers,
            mode: self.provisioned.map_or(Mode::OnDemand, Mode::Provisioned),
            lag: metrics.lag.map(|lag| lag.sum),
            in_flight: metrics.in_flight.len() as u64,
            to_retry: metrics.to_retry.len() as u64,
            done: metrics.counts.done,
            failed: metrics.counts.failed,
            filtered: metrics.counts.filtered_out,
            delivered: metrics.counts.delivered,
            dropped: metrics.counts.dropped,
            throttled: metrics.counts.throttled,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
