//! From one Lambda invocation to one handler call per record, each record settled exactly once.

pub mod aws;
pub mod context;
pub mod error;
pub mod handler;
pub mod record;
pub mod settings;
pub mod trace;

pub use context::Context;
pub use error::{Failure, HandlerError};
pub use handler::{BatchHandler, Handler};
pub use record::{Header, Position, Record};
pub use settings::{SettingError, Settings};
pub use trace::TraceContext;
