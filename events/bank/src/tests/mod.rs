//! Tests of decoding and encoding the bank's events.

mod messages;
mod properties;
