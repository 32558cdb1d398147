//! Random deliveries of a batch under random faults and kills, checked against the delivery contract.

mod world;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::Value;
use tidings_consumer::{
    claims::Fact,
    outcome::{Outcome, respond},
    testing::Summary,
};
use tokio::time::{Instant, advance, timeout};

use self::world::World;
use crate::support::*;

/// The behaviour of one handler call. An effect that is not followed by an answer may be repeated.
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
    /// When the process is killed after its start, if it is.
    kill_after: Option<u64>,
    /// The invocation's timeout.
    seconds: u64,
    /// The time until the next delivery.
    pause: u64,
    /// Whether another invocation gets the same batch at the same time.
    twice: bool,
}

#[derive(Debug, Clone)]
struct Plan {
    /// The batch, as the event in each record.
    events: Vec<usize>,
    /// The handler's behaviour for each event and call, until there are no more faults.
    acts: Vec<Vec<Act>>,
    deliveries: Vec<Delivery>,
    /// One in this many calls to a store fails; 0 for none.
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

/// Half of the events share two keys; the others have no key.
fn key(event: usize) -> Option<&'static str> {
    [Some("a"), Some("b"), None, Some("a")][event % 4]
}

fn id(event: usize) -> String {
    format!("EVT-{event}")
}

struct Model {
    plan: Plan,
    world: Arc<World>,
    function: Function,
    facts: HashMap<String, Fact>,
}

impl Model {
    fn new(plan: Plan) -> Self {
        let world = Arc::new(World { random: AtomicU64::new(plan.seed), ..World::default() });
        assert!(world.plan.set(plan.clone()).is_ok());
        let in_handler = Arc::clone(&world);
        let function = function(move |call| Arc::clone(&in_handler).handle(call));
        assert!(world.claims.set(Arc::clone(&function.claims)).is_ok());
        let (of_claims, of_queue) = (Arc::clone(&world), Arc::clone(&world));
        function.claims.disturb(move |operation, _| of_claims.disturb(operation));
        function.dead_letters.disturb(move |operation, _| of_queue.disturb(operation));
        Self { plan, world, function, facts: HashMap::new() }
    }

    /// Delivers these offsets and returns the ones to deliver again: after a kill, all of them.
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
            for &offset in offsets {
                self.world.open_window(&id(event_of(offset)));
            }
            return offsets.to_vec();
        };
        assert!(began.elapsed() < time, "the answer came after the deadline");
        for summary in &summaries {
            self.check(summary, offsets);
        }
        // The mapping knows only one of the two.
        still_returned(&summaries[0])
    }

    /// One invocation's answer, and the records that are settled so far.
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
            let dead = self.facts[&id] == Fact::DeadLettered;
            assert!(!dead || letters > 0, "{id} is settled as a dead letter that the queue does not have");
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
    fn the_contract_holds_under_faults_and_kills(plan in plans()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(Model::new(plan).run());
    }
}
