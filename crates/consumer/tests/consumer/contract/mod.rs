//! The delivery contract, one test for each of its sentences.

mod answers;
mod attempts;
mod batches;
mod breaker;
mod claims;
mod crashes;
mod decoding;
mod effects;
mod load;
mod order;
mod stores;
