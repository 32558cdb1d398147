//! Functions that store the records of a partition in one write.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{FutureExt as _, future::BoxFuture};
use serde_json::Value;
use tidings_consumer::{
    BatchHandler, HandlerError, Record,
    outcome::{Outcome, Reason},
    testing::{BatchConsumer, Disturbance, Fault, Harness, Summary},
};
use tokio::{sync::Notify, time::advance};

use crate::support::*;

type Script = dyn Fn(&[i64]) -> BoxFuture<'static, Result<(), HandlerError>> + Send + Sync;

/// Records the offsets and partition of each call.
struct Archive {
    calls: Mutex<Vec<(i64, Vec<i64>)>>,
    script: Box<Script>,
}

impl BatchHandler for Archive {
    async fn handle(&self, records: &[Record]) -> Result<(), HandlerError> {
        let offsets: Vec<i64> = records.iter().map(|record| record.position.offset).collect();
        self.calls.lock().unwrap().push((records[0].position.partition, offsets.clone()));
        (self.script)(&offsets).await
    }
}

type Function = Harness<BatchConsumer<Archive>>;

fn archive<F>(script: impl Fn(&[i64]) -> F + Send + Sync + 'static) -> Function
where
    F: Future<Output = Result<(), HandlerError>> + Send + 'static,
{
    let script = Box::new(move |offsets: &[i64]| script(offsets).boxed());
    Harness::new_batch("audit", Archive { calls: Mutex::default(), script })
}

fn calls(function: &Function) -> Vec<(i64, Vec<i64>)> {
    function.batch_handler().calls.lock().unwrap().clone()
}

async fn store(function: &Function, records: &[Value]) -> Summary {
    function.invoke(&payload(records)).await.unwrap()
}

/// A record that cannot be an event, an event, and a tombstone.
fn mixture() -> [Value; 3] {
    [record(1, None, Some(b"{")), login(2, Some("k"), "EVT-2"), record(3, Some(b"k"), None)]
}

#[tokio::test(start_paused = true)]
async fn everything_is_stored_in_one_write_per_partition_and_claimed_by_position() {
    let function = archive(|_| async { Ok(()) });
    let mut elsewhere = login(9, None, "EVT-9");
    elsewhere["partition"] = 4.into();
    let mut malformed = login(4, None, "EVT-4");
    malformed["value"] = "no base64!".into();
    let records = [&mixture()[..], &[malformed, elsewhere]].concat();
    assert_eq!(store(&function, &records).await.done, 5);
    assert_eq!(calls(&function), [(3, vec![1, 2, 3, 4]), (4, vec![9])]);
    assert!(function.claims.settled().contains(&"audit#door.opened/3/3".to_owned()));
    assert_eq!(store(&function, &records).await.duplicate, 5);
    assert_eq!(calls(&function).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn only_records_that_cannot_be_stored_are_dead_lettered() {
    let function = archive(|offsets| {
        let too_much = offsets.contains(&2);
        async move { if too_much { Err(refused()) } else { Ok(()) } }
    });
    let summary = store(&function, &mixture()).await;
    let ends = [(1, Outcome::Done), (2, Outcome::DeadLettered), (3, Outcome::Done)];
    assert_eq!(outcomes(&summary), ends);
    assert_eq!(calls(&function), [(3, vec![1, 2, 3]), (3, vec![1]), (3, vec![2]), (3, vec![3])]);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_write_is_tried_again_as_a_whole() {
    let failures = Mutex::new(2);
    let function = archive(move |_| {
        let mut failures = failures.lock().unwrap();
        let fails = *failures > 0;
        *failures -= i32::from(fails);
        async move { if fails { Err(throttled()) } else { Ok(()) } }
    });
    assert_eq!(store(&function, &mixture()).await.done, 3);
    assert_eq!(calls(&function).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_position_that_occurs_twice_is_stored_once() {
    let function = archive(|_| async { Ok(()) });
    let records = [&mixture()[..], &mixture()[1..2]].concat();
    let summary = store(&function, &records).await;
    assert_eq!((summary.done, summary.duplicate), (3, 1));
    assert_eq!(calls(&function), [(3, vec![1, 2, 3])]);
}

#[tokio::test(start_paused = true)]
async fn records_that_are_claimed_elsewhere_or_out_of_time_are_returned() {
    let function = archive(|_| async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok(())
    });
    let records = payload(&mixture());
    let (first, second) = tokio::join!(function.invoke(&records), function.invoke(&records));
    assert_eq!((first.unwrap().done, second.unwrap().duplicate), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn records_are_returned_if_the_store_is_unreachable() {
    let function = archive(|_| async { Ok(()) });
    function.claims.disturb(|operation, _| {
        if operation == "settle" { Fault::Refused.into() } else { Disturbance::default() }
    });
    let summary = store(&function, &mixture()).await;
    assert!(summary.settled.iter().all(|record| record.effect_at_risk));
    let reason = returned(Reason::EffectUnconfirmed);
    assert_eq!(outcomes(&summary), [(1, reason), (2, reason), (3, reason)]);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_kills_its_process_does_not_affect_others() {
    let kill = Arc::new(Notify::new());
    let killer = Arc::clone(&kill);
    let function = archive(move |offsets| {
        let killer = offsets.contains(&2).then(|| Arc::clone(&killer));
        async move {
            let Some(killer) = killer else { return Ok(()) };
            killer.notify_one();
            hang().await
        }
    });
    let records = mixture();
    for _ in 0..3 {
        tokio::select! {
            _ = store(&function, &records) => panic!("it was not killed"),
            () = kill.notified() => advance(AFTER_THE_LEASE).await,
        }
    }
    let summary = store(&function, &mixture()).await;
    let ends = [(1, Outcome::Duplicate), (2, Outcome::DeadLettered), (3, Outcome::Done)];
    assert_eq!(outcomes(&summary), ends);
    assert_eq!(summary.dead_letters[0].error.error_type, "HandlerDied");
}
