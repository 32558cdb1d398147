//! Checks of the tables.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::{Function, Load, Measured};
use crate::error::CostError;

impl Load {
    pub(crate) fn check(&self, topics: &BTreeSet<String>) -> Result<(), CostError> {
        in_range("rates.average", self.rates.average, Decimal::from(1_000_000), "from 0 to 1000000")?;
        in_range("rates.peak", self.rates.peak, Decimal::from(1_000_000), "from 0 to 1000000")?;
        for (topic, share) in &self.topics {
            if !topics.contains(topic) {
                return Err(CostError::UnknownTopic { topic: topic.clone() });
            }
            in_range(&format!("topics.\"{topic}\""), *share, Decimal::ONE, "from 0 to 1")?;
        }
        let sum: Decimal = self.topics.values().sum();
        if sum != Decimal::ONE {
            return Err(CostError::Shares { sum });
        }
        in_range("settings.sms_as_push", self.settings.sms_as_push, Decimal::ONE, "from 0 to 1")?;
        in_range("records.dead_lettered", self.records.dead_lettered, Decimal::ONE, "from 0 to 1")?;
        not_negative("records.devices_per_customer", self.records.devices_per_customer)?;
        not_zero("hours_per_month", self.hours_per_month)?;
        not_zero("kafka.zones", self.kafka.zones)
    }
}

impl Measured {
    pub(crate) fn check(&self, functions: &BTreeMap<String, Function>) -> Result<(), CostError> {
        for (name, function) in &self.functions {
            if !functions.contains_key(name) {
                return Err(CostError::UnknownFunction { name: name.clone() });
            }
            let field = format!("functions.{name}.milliseconds_per_record");
            not_negative(&field, function.milliseconds_per_record)?;
        }
        Ok(())
    }
}

pub(crate) fn not_negative(name: &str, value: Decimal) -> Result<(), CostError> {
    in_range(name, value, Decimal::MAX, "0 or more")
}

fn not_zero(name: &str, value: u32) -> Result<(), CostError> {
    if value == 0 {
        return Err(CostError::OutOfRange {
            name: name.to_owned(),
            value: value.into(),
            wanted: "1 or more",
        });
    }
    Ok(())
}

fn in_range(name: &str, value: Decimal, most: Decimal, wanted: &'static str) -> Result<(), CostError> {
    if value < Decimal::ZERO || value > most {
        return Err(CostError::OutOfRange { name: name.to_owned(), value, wanted });
    }
    Ok(())
}
