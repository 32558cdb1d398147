//! The largest batches that Lambda hands over.

use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;

use crate::support::*;

/// This thread's CPU time, in nanoseconds: other programs on the machine do not count.
fn cpu_time() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// How much CPU time the consumer's own work takes for a batch of so many records with so many keys.
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

/// 10,000 is the greatest `BatchSize`. Ten times the records may take a few times ten of the work, but not a
/// hundred.
#[tokio::test(start_paused = true)]
async fn work_does_not_grow_with_the_square_of_the_batch() {
    for keys in [1, 100, 10_000] {
        let (small, large) = (work(1_000, keys).await, work(10_000, keys).await);
        assert!(large < 40 * small, "{keys} keys: {small} ns, {large} ns");
    }
}
