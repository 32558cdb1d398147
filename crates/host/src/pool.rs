//! The pool of idle and busy instances, and the concurrency limits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::instance::Instance;
use super::processes::Processes;
use super::spec::FunctionSpec;

/// Why an invocation is throttled: the `Reason` of AWS's `TooManyRequestsException`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Throttle {
    /// The function's reserved concurrency is exhausted.
    Reserved,
    /// The limit for all functions together is exhausted.
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
    functions: Mutex<HashMap<String, Slots>>,
    processes: Processes,
}

#[derive(Default)]
struct Slots {
    /// The most recently used instance is at the end.
    idle: Vec<(Instant, Instance)>,
    busy: usize,
    last_number: u64,
}

impl Pool {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, functions: Mutex::default(), processes: Processes::default() }
    }

    /// The processes of all instances.
    pub(super) fn processes(&self) -> &Processes {
        &self.processes
    }

    fn functions(&self) -> MutexGuard<'_, HashMap<String, Slots>> {
        self.functions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves a slot for one invocation, with the most recently used warm instance or the name for a new one.
    pub(super) fn lease(self: &Arc<Self>, spec: &FunctionSpec) -> Result<Lease, Throttle> {
        let mut functions = self.functions();
        let busy: usize = functions.values().map(|slots| slots.busy).sum();
        if busy >= self.limit {
            return Err(Throttle::Host);
        }
        let slots = functions.entry(spec.name.clone()).or_default();
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
            self.make_room(&mut functions);
            name
        };
        Ok(Lease { pool: Arc::clone(self), function: spec.name.clone(), name, warm })
    }

    /// Drops the instance that has been idle longest if a new one would exceed the limit.
    fn make_room(&self, functions: &mut HashMap<String, Slots>) {
        let all: usize = functions.values().map(|slots| slots.busy + slots.idle.len()).sum();
        if all <= self.limit {
            return;
        }
        let idle = functions.values_mut().filter(|slots| !slots.idle.is_empty());
        if let Some(slots) = idle.min_by_key(|slots| slots.idle[0].0) {
            slots.idle.remove(0);
        }
    }
}

/// A slot for one invocation. It counts as busy until it is dropped.
pub(super) struct Lease {
    pool: Arc<Pool>,
    function: String,
    /// The instance's name, `{function}.{number}`.
    pub name: String,
    /// A warm instance, if there is one.
    pub warm: Option<Instance>,
}

impl Lease {
    /// The list in which to register a new instance's process.
    pub(super) fn processes(&self) -> &Processes {
        &self.pool.processes
    }

    /// Releases the slot and keeps the instance for the next invocation if it is still running.
    pub(super) fn give_back(self, instance: Instance) {
        let mut functions = self.pool.functions();
        if let Some(slots) = functions.get_mut(&self.function)
            && instance.alive()
        {
            slots.idle.push((Instant::now(), instance));
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(slots) = self.pool.functions().get_mut(&self.function) {
            slots.busy -= 1;
        }
    }
}
