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

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Area {
    Sms,
    Email,
    Push,
    Kafka,
    Pollers,
    Lambda,
    Claims,
    Ledger,
    S3,
    Logs,
    Metrics,
    Traces,
    DeadLetters,
    Network,
    Keys,
}

impl Area {
    /// Whether it pays for messages to customers, whoever sends them.
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
            Self::Ledger => "ledger and devices in DynamoDB",
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
    /// What for.
    pub area: Area,
    /// Whose; `None` for what all share.
    pub function: Option<String>,
    /// The price's name.
    pub price: String,
    /// How many of its units.
    pub quantity: Decimal,
    /// US dollars.
    pub usd: Decimal,
}

/// What a function does in a month.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Work {
    /// Records, each once.
    pub records: Decimal,
    /// Batches.
    pub invocations: Decimal,
    /// Partitions in the batches: one object of audit each.
    pub partitions: Decimal,
    /// Traces, where X-Ray is on.
    pub traces: Decimal,
}

/// The bill of a month.
#[derive(Debug, Clone)]
pub struct Bill {
    /// Events of the month.
    pub events: Decimal,
    /// By function.
    pub work: BTreeMap<String, Work>,
    /// All that is paid for.
    pub lines: Vec<Line>,
}

impl Bill {
    /// The bill of a month with `rate` events per second.
    pub fn of(prices: &Prices, load: &Load, measured: &Measured, rate: Decimal) -> Result<Self, CostError> {
        let mut writer = Writer::new(prices, load, rate);
        writer.shared()?;
        let mut work = BTreeMap::new();
        for (name, function) in &load.functions {
            work.insert(name.clone(), writer.function(name, function, measured)?);
        }
        Ok(Self { events: rate * load.seconds(), work, lines: writer.lines })
    }

    /// US dollars of the lines that `wanted` picks.
    pub fn sum(&self, wanted: impl Fn(&Line) -> bool) -> Decimal {
        self.lines.iter().filter(|line| wanted(line)).map(|line| line.usd).sum()
    }

    /// US dollars of all.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.sum(|_| true)
    }

    /// What a sum of the month is per million events.
    #[must_use]
    pub fn per_million(&self, usd: Decimal) -> Decimal {
        if self.events.is_zero() { Decimal::ZERO } else { usd / self.events * Decimal::from(1_000_000) }
    }
}
