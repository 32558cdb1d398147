//! The event source mapping against a broker (see [`bench`]), with stubs for the Invoke API and SQS. The crate's
//! conformance table says which behaviour each test holds.

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
