//! The price list.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::{
    error::CostError,
    input::{decimal, maybe_decimal, not_negative},
};

/// List prices of one region.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// The region.
    pub region: String,
    /// The prices by name.
    pub prices: BTreeMap<String, Price>,
}

/// The price of a number of units, and its source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The price in US dollars; absent if there are steps.
    #[serde(default, deserialize_with = "maybe_decimal")]
    pub usd: Option<Decimal>,
    /// Prices that depend on the month's quantity.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// The number of units that the price is for.
    pub per: u64,
    /// The unit.
    pub unit: String,
    /// The public page that states the price.
    pub source: String,
    /// The date of the copy that was read.
    pub seen: String,
    /// The copy that was read.
    pub read_in: String,
    /// Whether no source was found.
    #[serde(default)]
    pub unverified: bool,
}

/// The price of the units above a quantity.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The month's units before this step begins.
    #[serde(deserialize_with = "decimal")]
    pub above: Decimal,
    /// The price in US dollars.
    #[serde(deserialize_with = "decimal")]
    pub usd: Decimal,
}

impl Prices {
    /// The cost of a month's `quantity` units in US dollars.
    pub fn cost(&self, id: &str, quantity: Decimal) -> Result<Decimal, CostError> {
        Ok(self.get(id)?.cost(quantity))
    }

    /// A price by its name.
    pub fn get(&self, id: &str) -> Result<&Price, CostError> {
        self.prices.get(id).ok_or_else(|| CostError::MissingPrice { id: id.to_owned() })
    }

    pub(crate) fn check(&self) -> Result<(), CostError> {
        for (id, price) in &self.prices {
            let rises = price.steps.is_sorted_by(|one, next| one.above < next.above);
            let starts = price.steps.first().is_none_or(|step| step.above.is_zero());
            if price.usd.is_some() != price.steps.is_empty() || !rises || !starts {
                return Err(CostError::PriceSteps { id: id.clone() });
            }
            for step in price.steps() {
                not_negative(&format!("prices.{id}.usd"), step.usd)?;
            }
            if price.per == 0 {
                let name = format!("prices.{id}.per");
                return Err(CostError::OutOfRange { name, value: Decimal::ZERO, wanted: "1 or more" });
            }
        }
        Ok(())
    }
}

impl Price {
    /// The steps of the price; a price without steps counts as one step.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        match self.usd {
            Some(usd) => vec![Step { above: Decimal::ZERO, usd }],
            None => self.steps.clone(),
        }
    }

    fn cost(&self, quantity: Decimal) -> Decimal {
        let steps = self.steps();
        let ends = steps.iter().skip(1).map(|next| next.above).chain([Decimal::MAX]);
        let paid = |(step, end): (&Step, Decimal)| {
            let units = (quantity.min(end) - step.above).max(Decimal::ZERO);
            units * step.usd / Decimal::from(self.per)
        };
        steps.iter().zip(ends).map(paid).sum()
    }
}
