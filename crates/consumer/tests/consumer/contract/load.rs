//! The largest batches that Lambda hands over.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::*;

/// How long the consumer's own work takes for a batch of so many records with so many keys.
async fn time(records: i64, keys: i64) -> Duration {
    let function = succeeding();
    let batch: Vec<Value> = (0..records)
        .map(|offset| login(offset, Some(&format!("key-{}", offset % keys)), &format!("EVT-{offset}")))
        .collect();
    let batch = payload(&batch);
    let began = Instant::now();
    let summary = function.invoke(&batch).await.unwrap();
    assert_eq!(i64::try_from(summary.done), Ok(records));
    began.elapsed()
}

/// 10,000 is the greatest `BatchSize`. Ten times the records may take some times ten of the time, on a busy
/// machine, but not a hundred.
#[tokio::test(start_paused = true)]
async fn work_does_not_grow_with_the_square_of_the_batch() {
    for keys in [1, 100, 10_000] {
        let (small, large) = (time(1_000, keys).await, time(10_000, keys).await);
        assert!(large < 40 * small, "{keys} keys: {small:?}, {large:?}");
    }
}
