//! Amounts of money, in decimal arithmetic.

use std::{borrow::Cow, fmt, ops::Deref, str::FromStr};

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use serde_json::value::RawValue;

/// Worded like serde's messages, but without the value.
pub(crate) const NOT_DECIMAL: &str = "expected a decimal number of at most 28 digits";
pub(crate) const NEGATIVE: &str = "expected an amount that is not negative";

/// An amount of money. Its currency is in another field.
///
/// In JSON it is written as a number. It is read from a number or, because many producers preserve precision that way,
/// from a string with a number: `5000.00` or `"5000.00"`. Both are read as decimal text, so `5000.00` stays `5000.00`
/// and no digit passes through a float. (So it can be read only from JSON text, not from a [`serde_json::Value`], which
/// has already lost digits.) Its `Debug` shows no digits, because balances are personal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(pub Decimal);

impl Amount {
    /// Reads decimal text, with or without an exponent; `None` if it is not a number or has more digits than
    /// [`Decimal`] can hold exactly (28 significant digits always fit).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let Some((digits, _exponent)) = text.split_once(['e', 'E']) else {
            return Decimal::from_str_exact(text).ok().map(Self);
        };
        // from_scientific rounds digits that do not fit.
        Decimal::from_str_exact(digits).ok()?;
        Decimal::from_scientific(text).ok().map(Self)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Amount(…)")
    }
}

impl FromStr for Amount {
    type Err = rust_decimal::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Decimal::from_str_exact(text).map(Self)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        from_json(raw.get()).ok_or_else(|| D::Error::custom(NOT_DECIMAL))
    }
}

/// A JSON number, or a JSON string that contains exactly a JSON number: neither `" 5"` nor `"5,000"`.
fn from_json(json: &str) -> Option<Amount> {
    if !json.starts_with('"') {
        return Amount::parse(json);
    }
    let text: String = serde_json::from_str(json).ok()?;
    let number: &RawValue = serde_json::from_str(&text).ok()?;
    // Raw values have no white space around them.
    (number.get() == text && !text.starts_with('"')).then(|| Amount::parse(&text))?
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A decimal amount: a number, or a string that holds one. Write a number; read it as text, not as a float.",
            "type": ["number", "string"],
            "pattern": r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
        })
    }
}

/// A paid or requested amount, which is not below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct NonNegative(Amount);

/// The amount is below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{NEGATIVE}")]
pub struct NegativeAmount;

impl TryFrom<Amount> for NonNegative {
    type Error = NegativeAmount;

    fn try_from(amount: Amount) -> Result<Self, NegativeAmount> {
        if amount.0 < Decimal::ZERO { Err(NegativeAmount) } else { Ok(Self(amount)) }
    }
}

impl Deref for NonNegative {
    type Target = Amount;

    fn deref(&self) -> &Amount {
        &self.0
    }
}

impl<'de> Deserialize<'de> for NonNegative {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Amount::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

impl JsonSchema for NonNegative {
    fn schema_name() -> Cow<'static, str> {
        "NonNegative".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Amount::json_schema(generator);
        schema.insert("minimum".to_owned(), 0.into());
        // The schema's bound is only for numbers. A string may be "-0", like a number.
        schema.insert(
            "pattern".to_owned(),
            r"^(-0(\.0+)?|(0|[1-9][0-9]*)(\.[0-9]+)?)([eE][+-]?[0-9]+)?$".into(),
        );
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_survive_a_round_trip_exactly() {
        for text in ["5000.00", "0.1", "-12.345", "79228162514264337593543950335", "0.30"] {
            let amount: Amount = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&amount).unwrap(), text);
        }
    }

    #[test]
    fn a_number_may_have_an_exponent() {
        assert_eq!(serde_json::from_str::<Amount>("5e3").unwrap(), Amount(Decimal::from(5000)));
    }

    #[test]
    fn a_string_that_holds_a_number_is_read_and_written_as_a_number() {
        for (text, number) in
            [("\"5000.00\"", "5000.00"), ("\"-0.10\"", "-0.10"), ("\"5e3\"", "5000"), ("\"\\u0035\"", "5")]
        {
            let amount: Amount = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&amount).unwrap(), number);
        }
    }

    #[test]
    fn text_that_is_not_an_exact_decimal_is_refused() {
        for text in [
            "\"\"",
            "\" 5000\"",
            "\"5000\\n\"",
            "\"+5000\"",
            "\"05000\"",
            "\"5,000\"",
            "\"5_000\"",
            "\"5000.\"",
            "\".5\"",
            "\"NaN\"",
            "\"\\\"5\\\"\"",
            "\"[5]\"",
            "\"1e29\"",
            "null",
            "true",
            "1e400",
            "0.00000000000000000000000000000001",
            "[]",
            "1e29",
            "1.2345678901234567890123456789012e3",
        ] {
            assert!(serde_json::from_str::<Amount>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn debug_shows_no_digits() {
        assert_eq!(format!("{:?}", Amount(Decimal::from(42))), "Amount(…)");
    }
}
