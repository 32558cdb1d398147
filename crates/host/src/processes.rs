//! The processes of all instances, by the instance's name, so that each can be killed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tidings_process::Process;

/// All processes of a host.
#[derive(Default)]
pub(super) struct Processes(Mutex<State>);

#[derive(Default)]
struct State {
    closed: bool,
    by_instance: HashMap<String, Weak<Process>>,
}

impl Processes {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the process of an instance, so that it can be killed. False once they are closed.
    pub(super) fn register(&self, instance: &str, process: &Arc<Process>) -> bool {
        let mut state = self.state();
        if !state.closed {
            state.by_instance.retain(|_, process| process.strong_count() > 0);
            state.by_instance.insert(instance.to_owned(), Arc::downgrade(process));
        }
        !state.closed
    }

    /// Kills the process of an instance. False where it does not run.
    pub(super) fn kill(&self, instance: &str) -> bool {
        let process = self.state().by_instance.get(instance).and_then(Weak::upgrade);
        let running = process.filter(|process| process.exit_status().is_none());
        running.inspect(|process| process.kill()).is_some()
    }

    /// Lets no instance start any more; returns the processes of all that run.
    pub(super) fn close(&self) -> Vec<Arc<Process>> {
        let mut state = self.state();
        state.closed = true;
        state.by_instance.drain().filter_map(|(_, process)| process.upgrade()).collect()
    }
}
