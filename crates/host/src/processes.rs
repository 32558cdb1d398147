//! The processes of all instances by instance name, so that each can be killed.

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

    /// Registers the process of an instance. Returns false after [`Processes::close`].
    pub(super) fn register(&self, instance: &str, process: &Arc<Process>) -> bool {
        let mut state = self.state();
        if !state.closed {
            state.by_instance.retain(|_, process| process.strong_count() > 0);
            state.by_instance.insert(instance.to_owned(), Arc::downgrade(process));
        }
        !state.closed
    }

    /// Kills the process of an instance. Returns false if it is not running.
    pub(super) fn kill(&self, instance: &str) -> bool {
        let process = self.state().by_instance.get(instance).and_then(Weak::upgrade);
        let running = process.filter(|process| process.exit_status().is_none());
        running.inspect(|process| process.kill()).is_some()
    }

    /// Prevents further instances from starting. Returns the processes of all running ones.
    pub(super) fn close(&self) -> Vec<Arc<Process>> {
        let mut state = self.state();
        state.closed = true;
        state.by_instance.drain().filter_map(|(_, process)| process.upgrade()).collect()
    }
}
