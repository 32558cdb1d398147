//! How full batches are.
//!
//! One poller reads all partitions of a mapping. A batch begins with a record and is sent when its window ends, when it
//! has `batch_size` records, or when it reaches Lambda's 6 MB. Records arrive independently of each other, so a window
//! of W seconds after the first record brings rate × W more.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching>

use rust_decimal::Decimal;
use tidings_trigger::Mapping;

/// An invocation's payload.
const PAYLOAD_BYTES: u64 = 6 * 1024 * 1024;
/// Base64 makes three bytes into four.
const BASE64: (u64, u64) = (4, 3);
/// A record's JSON without key and value (topic, partition, offset, headers), counted in a fixture.
const RECORD_JSON_BYTES: u64 = 500;

/// Records per batch of a mapping whose topic gets `rate` records per second of `bytes` each.
#[must_use]
pub fn records_per_batch(mapping: &Mapping, rate: Decimal, bytes: u32) -> Decimal {
    let window = Decimal::from(mapping.batching_window.as_millis()) / Decimal::ONE_THOUSAND;
    let gathered = Decimal::ONE + rate * window;
    let in_payload = PAYLOAD_BYTES / (u64::from(bytes) * BASE64.0 / BASE64.1 + RECORD_JSON_BYTES);
    gathered.min(mapping.batch_size.into()).min(in_payload.max(1).into())
}
