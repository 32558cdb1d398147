//! A dead letter queue in memory.

use std::sync::{Mutex, PoisonError};

use futures::{FutureExt as _, future::BoxFuture};

use super::disturbance::{Disturbance, Disturbances};
use crate::dead_letter::{DeadLetter, DeadLetterQueue, QueueError};

/// A dead letter queue in memory.
#[derive(Default)]
pub struct MemoryQueue {
    letters: Mutex<Vec<DeadLetter>>,
    disturbances: Disturbances,
}

impl MemoryQueue {
    /// The dead letters that were sent, in order.
    #[must_use]
    pub fn letters(&self) -> Vec<DeadLetter> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets `script` disturb each call, by its operation (`send`) and the record's source.
    pub fn disturb(&self, script: impl FnMut(&str, &str) -> Disturbance + Send + 'static) {
        self.disturbances.set(script);
    }
}

impl DeadLetterQueue for MemoryQueue {
    fn send<'a>(&'a self, letter: &'a DeadLetter) -> BoxFuture<'a, Result<(), QueueError>> {
        let push = || self.letters.lock().unwrap_or_else(PoisonError::into_inner).push(letter.clone());
        let sent = self.disturbances.around("send", &letter.source, push);
        sent.map(|answer| answer.map_err(|fault| QueueError(fault.to_string()))).boxed()
    }
}
