//! Identifiers, each with its own type so that they cannot be mixed up.

/// The longest identifier accepted, in characters.
pub const MAX_LENGTH: usize = 128;

/// The text is not an identifier: it is empty, too long, or has a character that would need escaping in an object key,
/// a path, a header or a table key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to {MAX_LENGTH} of A-Z a-z 0-9 . _ : @ -, not starting with a dot")]
pub struct InvalidId;

/// Fails if `text` is not an identifier.
pub fn check(text: &str) -> Result<(), InvalidId> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:@-".contains(&byte);
    let fits = (1..=MAX_LENGTH).contains(&text.len());
    if fits && !text.starts_with('.') && text.bytes().all(allowed) { Ok(()) } else { Err(InvalidId) }
}

/// Defines an identifier's type: text of 1 to 128 characters of `A-Z a-z 0-9 . _ : @ -`, checked when created or read.
///
/// ```
/// tidings_events::id!(
///     /// An order.
///     OrderId
/// );
///
/// assert!("ORD-1".parse::<OrderId>().is_ok());
/// assert!("../x".parse::<OrderId>().is_err());
/// ```
#[macro_export]
macro_rules! id {
    ($(#[doc = $doc:literal])+ $name:ident) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as $crate::serde::Deserialize>::deserialize(deserializer)?;
                Self::try_from(text).map_err($crate::serde::de::Error::custom)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::ids::InvalidId;

            fn try_from(text: String) -> Result<Self, $crate::ids::InvalidId> {
                $crate::ids::check(&text)?;
                Ok(Self(text))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ids::InvalidId;

            fn from_str(text: &str) -> Result<Self, $crate::ids::InvalidId> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl $crate::schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut $crate::schemars::SchemaGenerator) -> $crate::schemars::Schema {
                $crate::schemars::json_schema!({
                    "description": concat!($($doc),+).trim(),
                    "type": "string",
                    "pattern": r"^[A-Za-z0-9_:@-][A-Za-z0-9._:@-]{0,127}$"
                })
            }
        }
    };
}

id!(
    /// An event's id. It is the same for every delivery of the event.
    EventId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_in_use_are_accepted() {
        for text in ["EVT-12345678", "0197a3b2-6c1e-7d7a-8a54-1f2f3c4d5e6f", "ACC123456", "a.b:c@d"] {
            assert_eq!(text.parse::<EventId>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn characters_that_would_need_escaping_are_refused() {
        let long = "x".repeat(MAX_LENGTH + 1);
        for text in ["", "a/b", "..", "a b", "a#b", "é", "a\nb", &long] {
            assert_eq!(text.parse::<EventId>(), Err(InvalidId), "{text:?}");
        }
    }
}
