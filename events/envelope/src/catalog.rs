//! A domain's catalog: its topics, its types of events, and the payload with a variant for each type.

use schemars::SchemaGenerator;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Event, FieldError, Topic, TopicKind};

/// A type of event, and the topic that carries it. A topic may carry several types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventType {
    /// The type's name, e.g. `order.created`.
    pub name: &'static str,
    /// The name of the topic that carries it, e.g. `order-events`.
    pub topic: &'static str,
    /// The payload's variant in the code, e.g. `Created`.
    pub variant: &'static str,
}

/// The payloads of one domain: the `data` of an event's envelope, as an enum with a variant for each type of event.
/// [`catalog!`](crate::catalog!) defines one.
pub trait Catalog: Serialize + Send + Sync + Sized + 'static {
    /// Every topic of the domain.
    const TOPICS: &'static [Topic];
    /// Every type of event.
    const EVENT_TYPES: &'static [EventType];

    /// The event type of this payload.
    fn event_type(&self) -> EventType;

    /// The key of the event's record: the subject of the event, e.g. an account. Records with the same key are handled
    /// in order.
    fn key(&self) -> &str;

    /// Reads an event of this type; `None` if the domain has no such type.
    fn read(event_type: &str, json: &str) -> Option<Result<Event<Self>, FieldError>>;

    /// Adds the JSON Schema of this type's data to the generator's definitions and returns its place there; `None` if
    /// the domain has no such type.
    fn data_schema(event_type: &str, generator: &mut SchemaGenerator) -> Option<String>;
}

/// The domain's topics as data, each with its types of events, for tools that are not built with the domain.
#[must_use]
pub fn topics<P: Catalog>() -> Value {
    let carried = |topic: &Topic| -> Value {
        let types = P::EVENT_TYPES.iter().filter(|it| it.topic == topic.name);
        types.map(|it| json!({"name": it.name, "variant": it.variant})).collect()
    };
    let entry = |topic: &Topic| {
        json!({
            "name": topic.name,
            "kind": match topic.kind {
                TopicKind::Event => "event",
                TopicKind::Command => "command",
            },
            "partitions": topic.partitions,
            "replication": topic.replication,
            "retention_ms": u64::try_from(topic.retention.as_millis()).unwrap_or(u64::MAX),
            "retention_bytes_per_partition": topic.retention_bytes_per_partition,
            "event_types": carried(topic),
        })
    };
    P::TOPICS.iter().map(entry).collect()
}

/// Defines the enum of a domain's payloads and its [`Catalog`]. Each type of event has a payload, a name, a topic (if
/// that has another name) and a key.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tidings_events::{Event, Topic, catalog, schemars::JsonSchema};
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
/// #[schemars(crate = "tidings_events::schemars")]
/// struct Order {
///     order_id: String,
/// }
///
/// catalog! {
///     /// Events about orders.
///     enum Payload [Topic::event("order-events"), Topic::command("order.cancel")];
///     /// An order was placed.
///     Created(Order) = "order.created" on "order-events", key |it| &it.order_id;
///     /// An order was sent.
///     Sent(Order) = "order.sent" on "order-events", key |it| &it.order_id;
///     /// An order is to be cancelled.
///     Cancel(Order) = "order.cancel", key |it| &it.order_id;
/// }
///
/// let json = br#"{"event_id": "EVT-1", "event_type": "order.sent", "timestamp": "2026-01-01T00:00:00Z",
///                 "version": "1.0", "data": {"order_id": "ORD-1"}}"#;
/// let event = Event::<Payload>::decode(json, "order-events").unwrap();
/// assert_eq!(event.payload, Payload::Sent(Order { order_id: "ORD-1".to_owned() }));
/// ```
///
/// A type of event whose topic is not listed is a compile error, and so is a duplicate name:
///
/// ```compile_fail,E0080
/// # use serde::{Deserialize, Serialize};
/// # use tidings_events::{Topic, catalog, schemars::JsonSchema};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
/// # #[schemars(crate = "tidings_events::schemars")]
/// # struct Order {}
/// catalog! {
///     enum Payload [Topic::event("order-events")];
///     Created(Order) = "order.created", key |_| "";
/// }
/// ```
#[macro_export]
macro_rules! catalog {
    (
        $(#[$enum_doc:meta])* $visibility:vis enum $catalog:ident [$($topic:expr),+ $(,)?];
        $($(#[$doc:meta])* $variant:ident($payload:ty) = $name:literal $(on $on:literal)?, key $key:expr;)+
    ) => {
        $(#[$enum_doc])*
        #[derive(Debug, Clone, PartialEq)]
        $visibility enum $catalog {
            $($(#[$doc])* $variant($payload),)+
        }

        impl $crate::Catalog for $catalog {
            const TOPICS: &'static [$crate::Topic] = &[$($topic),+];
            const EVENT_TYPES: &'static [$crate::EventType] = &[
                $($crate::catalog!(@event_type $variant, $name $(, $on)?)),+
            ];

            fn event_type(&self) -> $crate::EventType {
                match self {
                    $(Self::$variant(_) => $crate::catalog!(@event_type $variant, $name $(, $on)?),)+
                }
            }

            fn key(&self) -> &str {
                match self {
                    $(Self::$variant(payload) => {
                        let key: fn(&$payload) -> &str = $key;
                        key(payload)
                    })+
                }
            }

            fn read(event_type: &str, json: &str) -> Option<Result<$crate::Event<Self>, $crate::FieldError>> {
                match event_type {
                    $($name => Some($crate::Event::read(json, Self::$variant)),)+
                    _ => None,
                }
            }

            fn data_schema(
                event_type: &str,
                generator: &mut $crate::schemars::SchemaGenerator,
            ) -> Option<String> {
                match event_type {
                    $($name => Some($crate::schema::definition::<$payload>(generator)),)+
                    _ => None,
                }
            }
        }

        impl $crate::serde::Serialize for $catalog {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(payload) => $crate::serde::Serialize::serialize(payload, serializer),)+
                }
            }
        }

        const _: () = $crate::topic::assert_consistent(
            <$catalog as $crate::Catalog>::TOPICS,
            <$catalog as $crate::Catalog>::EVENT_TYPES,
        );
    };
    (@event_type $variant:ident, $name:literal) => { $crate::catalog!(@event_type $variant, $name, $name) };
    (@event_type $variant:ident, $name:literal, $topic:literal) => {
        $crate::EventType { name: $name, topic: $topic, variant: stringify!($variant) }
    };
}
