//! A loopback proxy between the functions and the AWS emulator. It decodes and records every call, and injects
//! faults.
//!
//! The demo and the whole-system tests count effects by these records, because what can be read back from the
//! emulator is not enough: it shows neither headers nor tags, keeps only the last of two writes, and leaves pushes
//! out. A call is recorded before its caller gets the response, and also if the caller is gone by then.

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
