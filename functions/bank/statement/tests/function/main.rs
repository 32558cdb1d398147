//! Tests of the whole function and its parts.

#![allow(clippy::unwrap_used, reason = "a test's helpers may panic as the test itself does")]

mod adapters;
mod document;
mod handler;
mod support;
