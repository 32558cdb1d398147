//! The world outside the consumer: the handler's effects and the disturbed stores.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tidings_consumer::{
    HandlerError,
    testing::{Disturbance, Fault, MemoryClaims},
};
use tokio::time::sleep;

use super::{Act, Plan, id, key};
use crate::support::{Call, hang, refused, throttled};

/// The world outside the consumer.
#[derive(Default)]
pub struct World {
    pub plan: OnceLock<Plan>,
    pub claims: OnceLock<Arc<MemoryClaims>>,
    /// The number of kills. A handler of a killed process does nothing.
    pub process: AtomicUsize,
    pub calm: AtomicBool,
    pub random: AtomicU64,
    pub effects: Mutex<HashMap<String, usize>>,
    /// How often each event's effect may have happened without its fact being stored.
    pub windows: Mutex<HashMap<String, usize>>,
    /// Records that were started before an earlier record of their key was settled.
    pub out_of_order: Mutex<Vec<String>>,
    /// Dead letters that were accepted although the sender got no answer.
    pub letters_sent_blindly: AtomicUsize,
}

impl World {
    fn next_random(&self, below: u64) -> u64 {
        // Knuth's MMIX generator; only its upper bits are random enough.
        let step = |state: u64| {
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
        };
        let state = self.random.fetch_update(Relaxed, Relaxed, |state| Some(step(state))).unwrap();
        (state >> 33) % below
    }

    pub fn disturb(&self, operation: &str) -> Disturbance {
        let plan = self.plan.get().unwrap();
        if self.calm.load(Relaxed) {
            return Disturbance::default();
        }
        let milliseconds = |limit| Duration::from_millis(self.next_random(limit));
        let mut disturbance = Disturbance { before: milliseconds(30), after: milliseconds(30), fault: None };
        if plan.fault_every > 0 && self.next_random(plan.fault_every) == 0 {
            let fault = if self.next_random(2) == 0 { Fault::Refused } else { Fault::AnswerLost };
            if operation == "send" && fault == Fault::AnswerLost {
                self.letters_sent_blindly.fetch_add(1, Relaxed);
            }
            disturbance.fault = Some(fault);
        }
        disturbance
    }

    pub async fn handle(self: Arc<Self>, call: Call) -> Result<(), HandlerError> {
        let process = self.process.load(Relaxed);
        let event: usize = call.id.trim_start_matches("EVT-").parse().unwrap();
        self.check_order(event);
        let planned = self.plan.get().unwrap().acts[event].get(call.earlier).copied();
        let act = planned.filter(|_| !self.calm.load(Relaxed)).unwrap_or(Act::Succeed);
        sleep(Duration::from_millis(1 + self.next_random(1000))).await;
        if self.process.load(Relaxed) != process || matches!(act, Act::HangBeforeEffect) {
            return hang().await;
        }
        match act {
            Act::FailRetryably => return Err(throttled()),
            Act::FailPermanently => return Err(refused()),
            Act::Panic => panic!("a panic that the model wants"),
            _ => *self.effects.lock().unwrap().entry(call.id.clone()).or_default() += 1,
        }
        if matches!(act, Act::HangAfterEffect) {
            self.open_window(&call.id);
            return hang().await;
        }
        sleep(Duration::from_millis(1 + self.next_random(500))).await;
        Ok(())
    }

    /// No handler starts for a record while an earlier one of its key is not settled.
    fn check_order(&self, event: usize) {
        let claims = self.claims.get().unwrap();
        let plan = self.plan.get().unwrap();
        for &earlier in plan.events.iter().take_while(|earlier| **earlier != event) {
            let same_key = key(earlier).is_some() && key(earlier) == key(event);
            let settled = claims.fact(&format!("email#{}", id(earlier))).is_some();
            if same_key && !settled {
                self.out_of_order.lock().unwrap().push(format!("EVT-{event} before EVT-{earlier}"));
            }
        }
    }

    pub fn open_window(&self, id: &str) {
        *self.windows.lock().unwrap().entry(id.to_owned()).or_default() += 1;
    }
}
