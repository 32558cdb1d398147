//! The bill of a month.

mod writer;

use std::{collections::BTreeMap, fmt};

use rust_decimal::Decimal;

use crate::{
    error::CostError,
    input::{Load, Measured},
    price::Prices,
};
use writer::Writer;

/// A kind of cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are enough")]
pub enum Area {
    Sms,
    Email,
    Push,
    Kafka,
    Pollers,
    Lambda,
    Claims,
    Tables,
    S3,
    Logs,
    Metrics,
    Traces,
    DeadLetters,
    Network,
    Keys,
}

impl Area {
    /// Whether it is the cost of sending messages to customers.
    #[must_use]
    pub fn is_message(self) -> bool {
        matches!(self, Self::Sms | Self::Email | Self::Push)
    }
}

impl fmt::Display for Area {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Sms => "SMS",
            Self::Email => "e-mail",
            Self::Push => "push",
            Self::Kafka => "Kafka brokers and storage",
            Self::Pollers => "event pollers",
            Self::Lambda => "Lambda requests and GB-seconds",
            Self::Claims => "claims and facts in DynamoDB",
            Self::Tables => "functions' own tables in DynamoDB",
            Self::S3 => "S3 requests and storage",
            Self::Logs => "logs",
            Self::Metrics => "metrics, alarms, dashboard",
            Self::Traces => "traces",
            Self::DeadLetters => "dead letters",
            Self::Network => "endpoints, traffic across zones",
            Self::Keys => "KMS",
        })
    }
}

/// One price times one quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The kind of cost.
    pub area: Area,
    /// The function that causes it; `None` for shared costs.
    pub function: Option<String>,
    /// The price's name.
    pub price: String,
    /// The number of the price's units.
    pub quantity: Decimal,
    /// The cost in US dollars.
    pub usd: Decimal,
}

/// A function's work in a month.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Work {
    /// Records, without redeliveries.
    pub records: Decimal,
    /// Invocations, one for each batch.
    pub invocations: Decimal,
    /// Partitions in the batches.
    pub partitions: Decimal,
    /// Traces, if X-Ray is on.
    pub traces: Decimal,
}

/// The bill of a month.
#[derive(Debug, Clone)]
pub struct Bill {
    /// The month's events.
    pub events: Decimal,
    /// Each function's work.
    pub work: BTreeMap<String, Work>,
    /// All lines.
    pub lines: Vec<Line>,
}

impl Bill {
    /// The bill of a month with `rate` events per second.
    pub fn of(prices: &Prices, load: &Load, measured: &Measured, rate: Decimal) -> Result<Self, CostError> {
        let mut writer = Writer::new(prices, load, rate);
        writer.shared()?;
        let mut work = BTreeMap::new();
        for (name, function) in &load.functions {
            work.insert(name.clone(), writer.function(name, function, &measured.functions[name])?);
        }
        Ok(Self { events: rate * load.seconds(), work, lines: writer.lines })
    }

    /// The sum of the lines that `wanted` selects, in US dollars.
    pub fn sum(&self, wanted: impl Fn(&Line) -> bool) -> Decimal {
        self.lines.iter().filter(|line| wanted(line)).map(|line| line.usd).sum()
    }

    /// The sum of all lines, in US dollars.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.sum(|_| true)
    }

    /// A month's sum as a price per million events.
    #[must_use]
    pub fn per_million(&self, usd: Decimal) -> Decimal {
        if self.events.is_zero() { Decimal::ZERO } else { usd / self.events * Decimal::from(1_000_000) }
    }
}
