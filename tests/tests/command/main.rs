//! The commands `tidings` and `tidings-local` as a person runs it: its exit status, its words, and that nothing of it stays.

#![allow(clippy::unwrap_used, reason = "a test's helpers may panic as the test itself does")]

mod demo;
mod example;
mod interrupted;
mod run;
mod running;
mod unusable;
mod up;
