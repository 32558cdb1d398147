//! What mappings and functions say of themselves while they work: for the table, never for the verdict.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use tidings_mapping::MappingEvent;

/// One function's counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records handed over in invocations, redeliveries included.
    pub received: u64,
    /// As the function's metrics say.
    pub done: u64,
    /// As the function's metrics say.
    pub duplicate: u64,
    /// As the function's metrics say.
    pub dead_lettered: u64,
    /// As the function's metrics say.
    pub returned: u64,
}

/// Counts per function, and how far each mapping has committed.
#[derive(Default)]
pub struct Tally(Mutex<State>);

#[derive(Default)]
struct State {
    counts: BTreeMap<String, Counts>,
    /// Next offset by mapping and partition.
    committed: HashMap<(String, i32), i64>,
}

impl Tally {
    /// Notes what a mapping did.
    pub fn mapping_event(&self, mapping: &str, function: &str, event: &MappingEvent) {
        let mut state = self.state();
        match event {
            MappingEvent::Invoked { records, .. } => {
                state.counts.entry(function.to_owned()).or_default().received += records.len() as u64;
            }
            MappingEvent::Committed { partition, offset } => {
                state.committed.insert((mapping.to_owned(), *partition), *offset);
            }
            _ => {}
        }
    }

    /// Notes a line that a function printed, if it is a metrics line.
    pub fn function_line(&self, line: &str) {
        if !line.contains("\"_aws\"") {
            return;
        }
        let Ok(metrics) = serde_json::from_str::<Value>(line) else { return };
        let Some(function) = metrics["Function"].as_str() else { return };
        let count = |name: &str| metrics[name].as_u64().unwrap_or_default();
        let mut state = self.state();
        let counts = state.counts.entry(function.to_owned()).or_default();
        counts.done += count("Done");
        counts.duplicate += count("Duplicate");
        counts.dead_lettered += count("DeadLettered");
        counts.returned += count("Returned");
    }

    /// Whether a mapping has committed the record at this place of its topic.
    pub fn is_committed(&self, mapping: &str, partition: i32, offset: i64) -> bool {
        let state = self.state();
        state.committed.get(&(mapping.to_owned(), partition)).is_some_and(|next| *next > offset)
    }

    /// All counts so far.
    pub fn counts(&self) -> BTreeMap<String, Counts> {
        self.state().counts.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
