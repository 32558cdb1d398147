//! How full batches are.
//!
//! One poller reads all partitions of a mapping. A batch begins with a record and is handed over when its window
//! ends, when it has `batch_size` records, or when it reaches Lambda's 6 MB. Records come independently of each
//! other, so the window of W seconds after the first record brings rate × W more.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching>

use rust_decimal::Decimal;

use crate::input::Function;

/// An invocation's payload.
const PAYLOAD_BYTES: u64 = 6 * 1024 * 1024;
/// Base64 makes three bytes into four.
const BASE64: (u64, u64) = (4, 3);
/// Topic, partition, offset, headers and what is around them in a record's JSON: counted in a fixture.
const RECORD_JSON_BYTES: u64 = 500;

/// Records per batch of a mapping whose topic brings `rate` records per second of `bytes` each.
#[must_use]
pub fn records_per_batch(function: &Function, rate: Decimal, bytes: u32) -> Decimal {
    let gathered = Decimal::ONE + rate * Decimal::from(function.window_seconds);
    let in_payload = PAYLOAD_BYTES / (u64::from(bytes) * BASE64.0 / BASE64.1 + RECORD_JSON_BYTES);
    gathered.min(function.batch_size.into()).min(in_payload.max(1).into())
}
