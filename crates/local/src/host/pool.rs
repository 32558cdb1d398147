//! Which instances there are, which of them are idle, and how many invocations may run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::time::Instant;

use super::FunctionSpec;
use super::instance::Instance;
use crate::process::Process;

/// Why an invocation may not run now: the `Reason` of AWS's `TooManyRequestsException`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Throttle {
    /// The function's reserved concurrency is in use.
    Reserved,
    /// The limit over all functions is in use.
    Host,
}

impl Throttle {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Reserved => "ReservedFunctionConcurrentInvocationLimitExceeded",
            Self::Host => "ConcurrentInvocationLimitExceeded",
        }
    }
}

/// All instances of a host.
pub(super) struct Pool {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    closed: bool,
    functions: HashMap<String, Slots>,
    processes: HashMap<String, Weak<Process>>,
}

#[derive(Default)]
struct Slots {
    /// The one used last is at the end.
    idle: Vec<(Instant, Instance)>,
    busy: usize,
    last_number: u64,
}

impl Pool {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one invocation: with the warm instance used last, or with the name for a new one.
    pub(super) fn lease(self: &Arc<Self>, spec: &FunctionSpec) -> Result<Lease, Throttle> {
        let mut state = self.state();
        let busy: usize = state.functions.values().map(|slots| slots.busy).sum();
        if busy >= self.limit {
            return Err(Throttle::Host);
        }
        let slots = state.functions.entry(spec.name.clone()).or_default();
        if spec.reserved_concurrency.is_some_and(|reserved| slots.busy >= reserved as usize) {
            return Err(Throttle::Reserved);
        }
        slots.busy += 1;
        slots.idle.retain(|(_, instance)| instance.alive());
        let warm = slots.idle.pop().map(|(_, instance)| instance);
        let name = if let Some(instance) = &warm {
            instance.name.clone()
        } else {
            slots.last_number += 1;
            let name = format!("{}.{}", spec.name, slots.last_number);
            self.make_room(&mut state);
            name
        };
        Ok(Lease { pool: Arc::clone(self), function: spec.name.clone(), name, warm })
    }

    /// Ends the instance that was idle longest, where with a new one they would be over the limit.
    fn make_room(&self, state: &mut State) {
        let all: usize = state.functions.values().map(|slots| slots.busy + slots.idle.len()).sum();
        if all <= self.limit {
            return;
        }
        let idle = state.functions.values_mut().filter(|slots| !slots.idle.is_empty());
        if let Some(slots) = idle.min_by_key(|slots| slots.idle[0].0) {
            slots.idle.remove(0);
        }
    }

    /// Notes the process of an instance, so that it can be killed. False where the pool is closed.
    pub(super) fn register(&self, instance: &str, process: &Arc<Process>) -> bool {
        let mut state = self.state();
        if !state.closed {
            state.processes.retain(|_, process| process.strong_count() > 0);
            state.processes.insert(instance.to_owned(), Arc::downgrade(process));
        }
        !state.closed
    }

    /// Kills the process of an instance. False where it does not run.
    pub(super) fn kill(&self, instance: &str) -> bool {
        let process = self.state().processes.get(instance).and_then(Weak::upgrade);
        let running = process.filter(|process| process.exit_status().is_none());
        running.inspect(|process| process.kill()).is_some()
    }

    /// Lets no instance start any more; returns the processes of all that run.
    pub(super) fn close(&self) -> Vec<Arc<Process>> {
        let mut state = self.state();
        state.closed = true;
        state.processes.drain().filter_map(|(_, process)| process.upgrade()).collect()
    }
}

/// A place for one invocation; counts as busy until it is dropped.
pub(super) struct Lease {
    pool: Arc<Pool>,
    function: String,
    /// The instance, `{function}.{number}`.
    pub name: String,
    /// The instance, where there is one already.
    pub warm: Option<Instance>,
}

impl Lease {
    /// Where to register a new instance's process.
    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Frees the place and keeps the instance for the next invocation, if it lives.
    pub(super) fn give_back(self, instance: Instance) {
        let mut state = self.pool.state();
        if let Some(slots) = state.functions.get_mut(&self.function)
            && instance.alive()
        {
            slots.idle.push((Instant::now(), instance));
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(slots) = self.pool.state().functions.get_mut(&self.function) {
            slots.busy -= 1;
        }
    }
}
