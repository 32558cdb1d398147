//! The producer and the publishing of events.

use std::sync::{PoisonError, RwLock};

use opentelemetry::{
    Context,
    trace::{Status, TraceContextExt as _},
};
use rdkafka::{
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord, Producer},
};
use tidings_events::{Catalog, Event, TraceContext};
use tokio::runtime::Handle;
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::{
    DELIVERY_TIMEOUT, PublishError, PublisherSettings, StartError, auth::BrokerContext, config::client_config,
};

/// The position at which Kafka stored an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// The partition of the event's topic.
    pub partition: i32,
    /// The offset within the partition.
    pub offset: i64,
}

/// Publishes events. Create one per process; any number of tasks can use it.
pub struct Publisher {
    settings: PublisherSettings,
    runtime: Handle,
    producer: RwLock<FutureProducer<BrokerContext>>,
}

impl Publisher {
    /// Creates the producer, which connects in the background. Must be called within a multi-threaded Tokio runtime,
    /// which signs the tokens for IAM.
    pub fn new(settings: PublisherSettings) -> Result<Self, StartError> {
        let runtime = Handle::current();
        let producer = RwLock::new(connect(&settings, &runtime)?);
        Ok(Self { settings, runtime, producer })
    }

    /// Publishes an event with its key to its topic and waits until all replicas have it, at most twice
    /// [`DELIVERY_TIMEOUT`].
    ///
    /// The record's headers are `content-type` and `traceparent`. The latter continues the caller's trace if
    /// OpenTelemetry records spans, otherwise the trace of `cause` (the event that led to this one). Without a cause it
    /// starts a new trace.
    pub async fn publish<P: Catalog>(
        &self,
        event: &Event<P>,
        cause: Option<&TraceContext>,
    ) -> Result<Delivery, PublishError> {
        let topic = event.topic();
        let failed = |reason| PublishError::from_kafka(event.event_id.clone(), topic, reason);
        let value = validated(event)?;
        let span = publish_span(event, cause);
        let step = || cause.map_or_else(TraceContext::start, TraceContext::next_step);
        let traceparent = place(&span).unwrap_or_else(step).to_string();
        let headers = OwnedHeaders::new()
            .insert(Header { key: "traceparent", value: Some(&traceparent) })
            .insert(Header { key: "content-type", value: Some("application/json") });
        let record = FutureRecord::to(topic).key(event.payload.key()).payload(&value).headers(headers);
        let producer = self.usable_producer().map_err(|error| failed(error.0))?;
        let delivery = producer.send(record, DELIVERY_TIMEOUT).instrument(span.clone()).await;
        let delivery = delivery.map_err(|(reason, _)| failed(reason)).inspect_err(|error| {
            span.set_attribute("error.type", error.error_type());
            span.set_status(Status::error(error.error_type()));
        })?;
        Ok(Delivery { partition: delivery.partition, offset: delivery.offset })
    }

    /// The producer. It is replaced after an error that ends idempotence (such as a lost producer id), because such a
    /// producer refuses every further event.
    fn usable_producer(&self) -> Result<FutureProducer<BrokerContext>, StartError> {
        let producer = self.producer.read().unwrap_or_else(PoisonError::into_inner).clone();
        if producer.client().fatal_error().is_none() {
            return Ok(producer);
        }
        let mut current = self.producer.write().unwrap_or_else(PoisonError::into_inner);
        if let Some((code, _)) = current.client().fatal_error() {
            tracing::warn!(error = %code, "the Kafka producer is unusable and is replaced");
            *current = connect(&self.settings, &self.runtime)?;
        }
        Ok(current.clone())
    }
}

/// The span of publishing an event: a child of the caller's span or, without one, of the event's cause.
fn publish_span<P: Catalog>(event: &Event<P>, cause: Option<&TraceContext>) -> Span {
    let topic = event.topic();
    let span = tracing::info_span!(
        "publish",
        otel.name = format!("send {topic}"),
        otel.kind = "producer",
        messaging.system = "kafka",
        messaging.operation.name = "send",
        messaging.operation.r#type = "send",
        messaging.destination.name = topic,
        messaging.message.id = %event.event_id,
    );
    if let Some(cause) = cause
        && place(&Span::current()).is_none()
    {
        // Fails only if spans are not recorded.
        let _ = span.set_parent(Context::new().with_remote_span_context(cause.span_context()));
    }
    span
}

/// A span's trace context, if OpenTelemetry records spans.
fn place(span: &Span) -> Option<TraceContext> {
    TraceContext::of_span(span.context().span().span_context())
}

fn connect(
    settings: &PublisherSettings,
    runtime: &Handle,
) -> Result<FutureProducer<BrokerContext>, StartError> {
    let context = BrokerContext { auth: settings.auth.clone(), runtime: runtime.clone() };
    Ok(client_config(settings).create_with_context(context)?)
}

/// The event as JSON that a subscriber can read. Fails if the types allow the event but decoding refuses it (such as an
/// amount below zero).
fn validated<P: Catalog>(event: &Event<P>) -> Result<Vec<u8>, PublishError> {
    let event_id = || event.event_id.clone();
    let value =
        event.encode().map_err(|reason| PublishError::Unencodable { event_id: event_id(), reason })?;
    match Event::<P>::decode(&value, event.topic()) {
        Ok(_) => Ok(value),
        Err(reason) => Err(PublishError::Invalid { event_id: event_id(), reason }),
    }
}
