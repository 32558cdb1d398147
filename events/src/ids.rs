//! Identifiers, each its own type so that they are not mixed up.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The longest identifier accepted, in characters.
pub const MAX_LENGTH: usize = 128;

/// The text is no identifier: empty, too long, or with a character that would need escaping in an object
/// key, a path, a header or a table key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to {MAX_LENGTH} of A-Z a-z 0-9 . _ : @ -, not starting with a dot")]
pub struct InvalidId;

fn check(text: &str) -> Result<(), InvalidId> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:@-".contains(&byte);
    let fits = (1..=MAX_LENGTH).contains(&text.len());
    if fits && !text.starts_with('.') && text.bytes().all(allowed) { Ok(()) } else { Err(InvalidId) }
}

macro_rules! id {
    (#[doc = $doc:literal] $name:ident) => {
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                check(&text)?;
                Ok(Self(text))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "description": $doc.trim(),
                    "type": "string",
                    "pattern": r"^[A-Za-z0-9_:@-][A-Za-z0-9._:@-]{0,127}$"
                })
            }
        }
    };
}

id!(
    /// What makes an event the same event, wherever and however often it is delivered.
    EventId
);
id!(
    /// An account of the bank.
    AccountId
);
id!(
    /// A customer.
    UserId
);
id!(
    /// A transfer, payment, application or other business transaction.
    TransactionId
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
    fn what_would_need_escaping_is_refused() {
        let long = "x".repeat(MAX_LENGTH + 1);
        for text in ["", "a/b", "..", "a b", "a#b", "é", "a\nb", &long] {
            assert_eq!(text.parse::<AccountId>(), Err(InvalidId), "{text:?}");
        }
    }
}
