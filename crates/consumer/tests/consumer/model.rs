//! Random deliveries of a batch under random faults and kills, checked against what the contract promises.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::Value;
use tidings_consumer::{
    HandlerError,
    outcome::{Outcome, respond},
    testing::{Disturbance, Fault, MemoryClaims, Summary},
};
use tokio::time::{Instant, advance, sleep, timeout};

use crate::support::*;

/// What one handler call does. An effect that is not followed by an answer may be repeated.
#[derive(Debug, Clone, Copy)]
enum Act {
    Succeed,
    FailRetryably,
    FailPermanently,
    Panic,
    HangBeforeEffect,
    HangAfterEffect,
}

#[derive(Debug, Clone)]
struct Delivery {
    /// How long after its begin the process is killed, if it is.
    kill_after: Option<u64>,
    /// How much time the invocation has.
    seconds: u64,
    /// How long until the next delivery.
    pause: u64,
    /// Whether another invocation has the same batch at the same time.
    twice: bool,
}

#[derive(Debug, Clone)]
struct Plan {
    /// The batch: which event each record carries.
    events: Vec<usize>,
    /// What the handler does for each event, call by call, until the weather gets calm.
    acts: Vec<Vec<Act>>,
    deliveries: Vec<Delivery>,
    /// One in how many calls of a store goes wrong; 0 for none.
    fault_every: u64,
    seed: u64,
}

fn plans() -> impl Strategy<Value = Plan> {
    use Act::{FailPermanently, FailRetryably, HangAfterEffect, HangBeforeEffect, Panic, Succeed};
    const ACTS: &[Act] = &[
        Succeed,
        Succeed,
        FailRetryably,
        FailRetryably,
        FailPermanently,
        Panic,
        HangBeforeEffect,
        HangAfterEffect,
    ];
    let delivery = (option::of(0..15_000_u64), select(&[1, 5, 20, 60][..]), 0..70_000_u64, any::<bool>());
    let delivery = delivery.prop_map(|(kill_after, seconds, pause, twice)| Delivery {
        kill_after,
        seconds,
        pause,
        twice,
    });
    (
        vec(0..EVENTS, 1..14),
        vec(vec(select(ACTS), 0..5), EVENTS),
        vec(delivery, 1..8),
        select(&[0, 3, 8, 20][..]),
        any::<u64>(),
    )
        .prop_map(|(events, acts, deliveries, fault_every, seed)| Plan {
            events,
            acts,
            deliveries,
            fault_every,
            seed,
        })
}

const EVENTS: usize = 8;

/// Half of the events share two keys; the others have none.
fn key(event: usize) -> Option<&'static str> {
    [Some("a"), Some("b"), None, Some("a")][event % 4]
}

fn id(event: usize) -> String {
    format!("EVT-{event}")
}

/// What really happens outside the consumer.
#[derive(Default)]
struct World {
    plan: OnceLock<Plan>,
    claims: OnceLock<Arc<MemoryClaims>>,
    /// Counts kills: a handler of an earlier process does nothing any more.
    process: AtomicUsize,
    calm: AtomicBool,
    random: AtomicU64,
    effects: Mutex<HashMap<String, usize>>,
    /// How often each event's effect may have happened without its fact being stored.
    windows: Mutex<HashMap<String, usize>>,
    /// Records that were started before an earlier one of their key was settled.
    out_of_order: Mutex<Vec<String>>,
    /// Dead letters that were taken while their sender learned nothing of it.
    letters_sent_blindly: AtomicUsize,
}

impl World {
    fn next_random(&self, below: u64) -> u64 {
        // Knuth's MMIX generator; only its upper bits are any good.
        let step = |state: u64| {
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
        };
        let state = self.random.fetch_update(Relaxed, Relaxed, |state| Some(step(state))).unwrap();
        (state >> 33) % below
    }

    fn disturb(&self, operation: &str) -> Disturbance {
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

    async fn handle(self: Arc<Self>, call: Call) -> Result<(), HandlerError> {
        let process = self.process.load(Relaxed);
        let event: usize = call.id.trim_start_matches("EVT-").parse().unwrap();
        self.check_order(event);
        let calm = self.calm.load(Relaxed);
        let act = self.plan.get().unwrap().acts[event].get(call.earlier).copied();
        let act = if calm { Act::Succeed } else { act.unwrap_or(Act::Succeed) };
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

    fn open_window(&self, id: &str) {
        *self.windows.lock().unwrap().entry(id.to_owned()).or_default() += 1;
    }
}

struct Model {
    plan: Plan,
    world: Arc<World>,
    function: Function,
    facts: HashMap<String, tidings_consumer::claims::Fact>,
}

impl Model {
    fn new(plan: Plan) -> Self {
        let world = Arc::new(World { random: AtomicU64::new(plan.seed), ..World::default() });
        world.plan.set(plan.clone()).unwrap();
        let in_handler = Arc::clone(&world);
        let function = function(move |call| Arc::clone(&in_handler).handle(call));
        assert!(world.claims.set(Arc::clone(&function.claims)).is_ok());
        let (of_claims, of_queue) = (Arc::clone(&world), Arc::clone(&world));
        function.claims.disturb(move |operation, _| of_claims.disturb(operation));
        function.dead_letters.disturb(move |operation, _| of_queue.disturb(operation));
        Self { plan, world, function, facts: HashMap::new() }
    }

    /// Delivers these offsets; the ones to deliver again, which are all of them after a kill.
    async fn deliver(&mut self, offsets: &[i64], delivery: &Delivery) -> Vec<i64> {
        let event_of = |offset: i64| self.plan.events[usize::try_from(offset).unwrap()];
        let records: Vec<Value> = offsets
            .iter()
            .map(|&offset| login(offset, key(event_of(offset)), &id(event_of(offset))))
            .collect();
        let batch = payload(&records);
        let time = Duration::from_secs(delivery.seconds);
        let began = Instant::now();
        let invoke = || async { self.function.invoke_within(time, &batch).await.unwrap() };
        let invocations = async {
            if delivery.twice {
                Vec::from(<[_; 2]>::from(tokio::join!(invoke(), invoke())))
            } else {
                vec![invoke().await]
            }
        };
        let kill_after = delivery.kill_after.map_or(Duration::MAX, Duration::from_millis);
        let Ok(summaries) = timeout(kill_after, invocations).await else {
            self.world.process.fetch_add(1, Relaxed);
            offsets.iter().for_each(|&offset| self.world.open_window(&id(event_of(offset))));
            return offsets.to_vec();
        };
        assert!(began.elapsed() < time, "the answer came after the deadline");
        for summary in &summaries {
            self.check(summary, offsets);
        }
        // The mapping knows of one of the two only.
        still_returned(&summaries[0])
    }

    /// One invocation's answer, and what was settled by now.
    fn check(&mut self, summary: &Summary, offsets: &[i64]) {
        let ends = outcomes(summary);
        assert!(ends.iter().map(|(offset, _)| offset).eq(offsets), "each record ends once: {ends:?}");
        let response = respond(&summary.settled, true).unwrap();
        let mut listed: Vec<i64> =
            response.batch_item_failures.iter().map(|failure| failure.item_identifier.offset).collect();
        listed.sort_unstable();
        assert_eq!(listed, still_returned(summary));
        for record in &summary.settled {
            let event = self.plan.events[usize::try_from(record.offset.unwrap()).unwrap()];
            if record.effect_at_risk {
                (0..record.attempts.max(1)).for_each(|_| self.world.open_window(&id(event)));
            }
            let fact = self.function.claims.fact(&format!("email#{}", id(event)));
            let before = fact.and_then(|fact| self.facts.insert(id(event), fact));
            assert!(before.is_none_or(|before| Some(before) == fact), "a fact changed");
            let settled = !matches!(record.outcome, Outcome::Returned(_));
            assert!(!settled || fact.is_some(), "no fact of {record:?}");
        }
    }

    async fn run(mut self) {
        let mut left: Vec<i64> = (0..i64::try_from(self.plan.events.len()).unwrap()).collect();
        for delivery in self.plan.deliveries.clone() {
            left = self.deliver(&left, &delivery).await;
            advance(Duration::from_millis(delivery.pause)).await;
            if left.is_empty() {
                break;
            }
        }
        self.world.calm.store(true, Relaxed);
        let calm = Delivery { kill_after: None, seconds: 60, pause: 0, twice: false };
        for _ in 0..4 {
            advance(AFTER_THE_LEASE).await;
            if !left.is_empty() {
                left = self.deliver(&left, &calm).await;
            }
        }
        assert_eq!(left, [0_i64; 0], "lost once the weather is calm");
        assert_eq!(*self.world.out_of_order.lock().unwrap(), [""; 0]);
        self.check_totals();
    }

    fn check_totals(&self) {
        let letters = self.function.dead_letters.letters();
        let windows = self.world.windows.lock().unwrap();
        for id in self.plan.events.iter().map(|event| id(*event)) {
            let allowed = 1 + windows.get(&id).copied().unwrap_or_default();
            let effects = self.world.effects.lock().unwrap().get(&id).copied().unwrap_or_default();
            assert!(effects <= allowed, "{effects} effects of {id}, {allowed} allowed");
            let letters = letters.iter().filter(|letter| letter.event_id.as_ref() == Some(&id)).count();
            let blind = self.world.letters_sent_blindly.load(Relaxed);
            assert!(letters <= allowed + blind, "{letters} dead letters of {id}, {allowed} allowed");
            let dead = self.facts[&id] == tidings_consumer::claims::Fact::DeadLettered;
            assert!(!dead || letters > 0, "{id} is remembered as a dead letter that nobody has");
            assert!(dead || effects > 0, "{id} is remembered as done and was not");
        }
    }
}

fn still_returned(summary: &Summary) -> Vec<i64> {
    let returned = outcomes(summary).into_iter().filter(|(_, end)| matches!(end, Outcome::Returned(_)));
    returned.map(|(offset, _)| offset).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_fault_and_no_kill_breaks_the_contract(plan in plans()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(Model::new(plan).run());
    }
}
