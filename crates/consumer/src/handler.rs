//! The traits that a function implements: one handles single events, the other stores batches of records.

use std::future::Future;

use tidings_events::{Catalog, Event};

use crate::{context::Context, error::HandlerError, record::Record};

/// Handles one event. A handler does not know about Kafka, batches or queues.
pub trait Handler: Send + Sync + 'static {
    /// The events of the handler's domain.
    type Payload: Catalog;

    /// Handles one event; `Ok` is done. A handler that has no branch for an event type returns a permanent error.
    fn handle(
        &self,
        event: &Event<Self::Payload>,
        context: &Context,
    ) -> impl Future<Output = Result<(), HandlerError>> + Send;
}

/// Stores the records of one partition in one write. For functions that do not interpret records.
pub trait BatchHandler: Send + Sync + 'static {
    /// Stores either all of `records` or none. They belong to one partition and are in the order of their offsets.
    fn handle(&self, records: &[Record]) -> impl Future<Output = Result<(), HandlerError>> + Send;
}
