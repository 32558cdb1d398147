//! What a function implements: one thing for one event, or one write for a batch of records.

use std::future::Future;

use tidings_events::{Catalog, Event};

use crate::{context::Context, error::HandlerError, record::Record};

/// Does one thing for one event. Does not know about Kafka, batches or queues.
pub trait Handler: Send + Sync + 'static {
    /// The events of the domain that it belongs to.
    type Payload: Catalog;

    /// Handles one event; `Ok` is done. A handler that has no branch for an event type returns a permanent error.
    fn handle(
        &self,
        event: &Event<Self::Payload>,
        context: &Context,
    ) -> impl Future<Output = Result<(), HandlerError>> + Send;
}

/// Does one write for the records of one partition. For functions that store records without interpreting them.
pub trait BatchHandler: Send + Sync + 'static {
    /// Stores all of `records`, which are of one partition, in the order of their offsets, or none of them.
    fn handle(&self, records: &[Record]) -> impl Future<Output = Result<(), HandlerError>> + Send;
}
