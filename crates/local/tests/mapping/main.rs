//! Tests of the event source mapping with a broker (see [`bench`]) and stubs of the Invoke API and SQS. The conformance
//! table of `tidings-mapping` lists the behaviour that each test covers.

#![allow(clippy::unwrap_used, reason = "a test may panic, its helpers too")]

mod batches;
mod bench;
mod concurrency;
mod destinations;
mod faults;
mod filters;
mod hosted;
mod only_on_kafka;
mod partial;
mod payload;
mod positions;
mod rebalance;
mod retries;
mod watched;
