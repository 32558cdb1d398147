//! What a domain is made of: its topics, the types of its events, and the payload with a variant for each.

use schemars::SchemaGenerator;
use serde::Serialize;

use crate::{Event, FieldError, Topic};

/// A kind of event, and the topic that carries it. A topic may carry several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventType {
    /// The type's name, e.g. `order.created`.
    pub name: &'static str,
    /// The name of the topic that carries it, e.g. `order-events`.
    pub topic: &'static str,
    /// The payload's variant, as the code writes it, e.g. `Created`.
    pub variant: &'static str,
}

/// Everything that can happen in one domain: the `data` of an event's envelope, as an enum with a variant for each
/// type of event. [`catalog!`](crate::catalog!) writes one.
pub trait Catalog: Serialize + Send + Sync + Sized + 'static {
    /// Every topic of the domain.
    const TOPICS: &'static [Topic];
    /// Every type of event.
    const EVENT_TYPES: &'static [EventType];

    /// The event type of this payload.
    fn event_type(&self) -> EventType;

    /// The key of the event's record: whom or what it is about, e.g. an account. Records of one key are handled in
    /// order.
    fn key(&self) -> &str;

    /// Reads an event of this type; `None` where the domain has no such type.
    fn read(event_type: &str, json: &str) -> Option<Result<Event<Self>, FieldError>>;

    /// Adds the JSON Schema of this type's data to the generator's definitions and returns its place there; `None`
    /// where the domain has no such type.
    fn data_schema(event_type: &str, generator: &mut SchemaGenerator) -> Option<String>;
}

/// Writes the enum of a domain's payloads and its [`Catalog`]. Each type of event has a payload, a name, the topic
/// that carries it where that has another name, and a key.
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
///     /// What can happen to orders.
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
