//! A loopback proxy between the functions and the AWS emulator that notes every call decoded and injects faults.
//!
//! It is what the demo and the whole-system tests count by: the emulator's own read-backs show neither headers
//! nor tags, overwrite what is put twice, and leave pushes out. A call is recorded as it happened, before its
//! caller sees the answer, even where the caller is gone by then.

mod answer;
mod call;
mod decode;
mod fault;
mod journal;
mod lock;
mod proxy;
mod recorder;
mod shared;

pub use call::{Call, CallDetails};
pub use fault::{Action, Fault, FaultId, Matcher, Predicate};
pub use recorder::{NotInTime, Recorder, RecorderOptions};
pub use shared::Kill;
