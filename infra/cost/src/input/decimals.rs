//! Decimals are strings in the tables: a TOML float is binary.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};

pub(crate) fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(deserializer)?;
    Decimal::from_str_exact(&text).map_err(|error| serde::de::Error::custom(format!("{text:?}: {error}")))
}

pub(crate) fn maybe_decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    decimal(deserializer).map(Some)
}

pub(super) fn decimals<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Decimal>, D::Error> {
    #[derive(Deserialize)]
    struct Exact(#[serde(deserialize_with = "decimal")] Decimal);
    let exact = BTreeMap::<String, Exact>::deserialize(deserializer)?;
    Ok(exact.into_iter().map(|(name, value)| (name, value.0)).collect())
}
