//! One invocation: the part that both kinds of function have in common.

use futures::{StreamExt as _, stream};
use tracing::Instrument as _;

use crate::{
    identity::Identity,
    invocation::Invocation,
    outcome::Settled,
    payload::{self, PayloadError},
    record::Record,
    settle::Stores,
    telemetry::continue_trace,
};

/// Turns invocations into handler calls: one per event, or one per partition.
pub(crate) trait Consume {
    /// The stores that facts and dead letters go to.
    fn stores(&self) -> &Stores;

    /// Settles every record of a batch.
    async fn settle_records(&self, records: Vec<Record>, invocation: &Invocation) -> Vec<Settled>;

    /// Settles all entries of a payload.
    async fn consume(&self, payload: &[u8], invocation: &Invocation) -> Result<Vec<Settled>, PayloadError> {
        let batch = payload::read(payload)?;
        let invalid_entries = stream::iter(&batch.invalid_entries).then(|entry| {
            let span = tracing::info_span!(
                "invalid entry",
                request_id = invocation.request_id,
                source = entry.source
            );
            self.stores().settle_invalid_entry(entry, invocation).instrument(span)
        });
        let mut settled: Vec<Settled> = invalid_entries.collect().await;
        settled.extend(self.settle_records(batch.records, invocation).await);
        Ok(settled)
    }
}

/// The span of a record: its fields are in every log line, and it is part of the record's trace.
pub(crate) fn record_span(record: &Record, identity: &Identity, invocation: &Invocation) -> tracing::Span {
    let span = tracing::info_span!(
        "record",
        request_id = invocation.request_id,
        event_id = identity.event_id.as_ref().map(tracing::field::display),
        event_type = identity.event_type,
        trace_id = identity.trace.as_ref().map(|trace| tracing::field::display(trace.trace_id())),
        topic = record.position.topic,
        partition = record.position.partition,
        offset = record.position.offset,
    );
    if let Some(trace) = &identity.trace {
        continue_trace(&span, trace);
    }
    span
}
