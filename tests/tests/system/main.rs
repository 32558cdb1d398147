//! The whole system in this process: real binaries, a real emulator, a real broker, and faults where each test wants
//! them. Tests wait for leases and cool-downs most of the time, so they share one program and run beside each other.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod bad_records;
mod deadly;
mod downstream;
mod effects;
mod every_step;
mod foreign_producers;
mod full_batches;
mod order;
mod traces;
