//! The largest batches that Lambda sends.

use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;

use crate::support::*;

/// This thread's CPU time in nanoseconds, which does not depend on other programs.
fn cpu_time() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// The CPU time of the consumer's own work for a batch of this many records and keys.
async fn work(records: i64, keys: i64) -> i64 {
    let function = succeeding();
    let batch: Vec<Value> = (0..records)
        .map(|offset| login(offset, Some(&format!("key-{}", offset % keys)), &format!("EVT-{offset}")))
        .collect();
    let batch = payload(&batch);
    let began = cpu_time();
    let summary = function.invoke(&batch).await.unwrap();
    assert_eq!(i64::try_from(summary.done), Ok(records));
    cpu_time() - began
}

/// 10,000 is the maximum `BatchSize`. Ten times as many records may take a few tens of times the work, but not a
/// hundred times.
#[tokio::test(start_paused = true)]
async fn work_is_not_quadratic_in_the_batch_size() {
    for keys in [1, 100, 10_000] {
        let (small, large) = (work(1_000, keys).await, work(10_000, keys).await);
        assert!(large < 40 * small, "{keys} keys: {small} ns, {large} ns");
    }
}
