//! The largest batches that Lambda hands over.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::*;

/// The consumer's own work for the greatest `BatchSize`, in a debug build, so this is no fine measure; what
/// it notices is work that grows with the square of the batch.
#[tokio::test(start_paused = true)]
async fn ten_thousand_records_take_seconds_at_most() {
    for keys in [1, 100, 10_000] {
        let function = succeeding();
        let records: Vec<Value> = (0..10_000)
            .map(|offset| login(offset, Some(&format!("key-{}", offset % keys)), &format!("EVT-{offset}")))
            .collect();
        let began = Instant::now();
        let summary = invoke(&function, &records).await;
        assert_eq!(summary.done, 10_000);
        assert!(began.elapsed() < Duration::from_secs(30), "{keys} keys: {:?}", began.elapsed());
        eprintln!("{keys} keys: {:?}", began.elapsed());
    }
}
