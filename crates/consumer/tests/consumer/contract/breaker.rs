//! An outage of the service behind a handler.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tidings_consumer::outcome::{Outcome, Reason};
use tokio::time::advance;

use crate::support::*;

fn keyless(count: i64) -> Vec<Value> {
    (0..count).map(|offset| login(offset, None, &format!("EVT-{offset}"))).collect()
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_returns_records_instead_of_dead_lettering_them() {
    let function = failing(throttled());
    let summary = invoke(&function, &keyless(50)).await;
    assert_eq!((summary.returned, summary.dead_lettered), (50, 0));
    assert!(summary.settled.iter().all(|record| record.outcome == returned(Reason::BreakerOpen)));
    let calls = function.handler().calls().len();
    assert_eq!(calls, 10);
    invoke(&function, &keyless(50)).await;
    assert_eq!(function.handler().calls().len(), calls, "no attempt while it is open");
}

#[tokio::test(start_paused = true)]
async fn after_the_cool_down_one_record_tries_and_closes_it() {
    let healthy = Arc::new(AtomicBool::new(false));
    let in_handler = Arc::clone(&healthy);
    let function = function(move |_| {
        let healthy = in_handler.load(Ordering::Relaxed);
        async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if healthy { Ok(()) } else { Err(throttled()) }
        }
    });
    let records = keyless(20);
    invoke(&function, &records).await;
    let before = function.handler().calls().len();
    advance(Duration::from_secs(31)).await;
    let probing = invoke(&function, &records).await;
    assert_eq!(probing.returned, 20);
    assert_eq!(function.handler().calls().len(), before + 1, "one probe");
    healthy.store(true, Ordering::Relaxed);
    advance(Duration::from_secs(31)).await;
    let first = invoke(&function, &records).await;
    assert!(first.done >= 1, "{first:?}");
    let second = invoke(&function, &records).await;
    assert_eq!(second.done + second.duplicate, 20);
    assert_eq!(second.dead_letters.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_event_that_always_fails_does_not_open_the_breaker() {
    let function = function(|call| async move { if call.id == "EVT-3" { Err(throttled()) } else { Ok(()) } });
    let summary = invoke(&function, &keyless(20)).await;
    assert_eq!((summary.done, summary.dead_lettered), (19, 1));
}

#[tokio::test(start_paused = true)]
async fn permanent_failures_do_not_open_the_breaker() {
    let function = failing(refused());
    let summary = invoke(&function, &keyless(50)).await;
    assert_eq!(summary.dead_lettered, 50);
    assert!(summary.settled.iter().all(|record| record.outcome == Outcome::DeadLettered));
}
