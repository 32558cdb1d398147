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
    /// Which region.
    pub region: String,
    /// By name.
    pub prices: BTreeMap<String, Price>,
}

/// What a number of units costs, and who says so.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// US dollars; absent where there are steps.
    #[serde(default, deserialize_with = "maybe_decimal")]
    pub usd: Option<Decimal>,
    /// Prices that fall with the quantity of a month.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// For how many units.
    pub per: u64,
    /// What is counted.
    pub unit: String,
    /// The public page that states the price.
    pub source: String,
    /// The date of the copy in which it was read.
    pub seen: String,
    /// That copy.
    pub read_in: String,
    /// Whether no source was found.
    #[serde(default)]
    pub unverified: bool,
}

/// The price of the units above a quantity.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Units of the month before this step begins.
    #[serde(deserialize_with = "decimal")]
    pub above: Decimal,
    /// US dollars.
    #[serde(deserialize_with = "decimal")]
    pub usd: Decimal,
}

impl Prices {
    /// What `quantity` units of a month cost, in US dollars.
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
    /// Its steps; a price without any has one.
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
