//! The load and the measurements.

mod check;
mod decimals;

use std::{collections::BTreeMap, fs, path::Path};

use rust_decimal::Decimal;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{error::CostError, price::Prices};
pub(crate) use check::not_negative;
use decimals::decimals;
pub(crate) use decimals::{decimal, maybe_decimal};

/// The project's functions.
pub const FUNCTIONS: [&str; 6] = ["audit", "email", "ledger", "push", "sms", "statement"];

/// What is asked of the system, and how it is set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// Hours of a month.
    pub hours_per_month: u32,
    /// Events per second.
    pub rates: Rates,
    /// Each topic's share of all events.
    #[serde(deserialize_with = "decimals")]
    pub topics: BTreeMap<String, Decimal>,
    /// The cluster.
    pub kafka: Kafka,
    /// What an operator can choose.
    pub settings: Settings,
    /// Sizes and counts of what records lead to.
    pub records: Records,
    /// By name.
    pub functions: BTreeMap<String, Function>,
}

/// Events per second, all topics together.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Day and night.
    #[serde(deserialize_with = "decimal")]
    pub average: Decimal,
    /// At the busiest time.
    #[serde(deserialize_with = "decimal")]
    pub peak: Decimal,
}

/// The cluster.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kafka {
    /// How many.
    pub brokers: u32,
    /// The name of a broker's price.
    pub broker: String,
    /// Provisioned.
    pub storage_gb_per_broker: u32,
    /// Of each topic.
    pub partitions: u32,
    /// Availability zones.
    pub zones: u32,
    /// Of one record with all that Kafka adds.
    pub event_bytes: u32,
}

/// Who reads from Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Provisioned pollers, all mappings in one group.
    ProvisionedShared,
    /// Provisioned pollers, each mapping on its own.
    ProvisionedAlone,
    /// On-demand pollers.
    OnDemand,
}

/// The level of the functions' logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// A line per record.
    Info,
    /// No line where all is well.
    Warn,
}

/// What an operator can choose.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who reads from Kafka.
    pub pollers: Mode,
    /// The functions' logs.
    pub log_level: LogLevel,
    /// X-Ray.
    pub tracing: bool,
    /// The name of an e-mail's price.
    pub email: String,
    /// The names of the prices that one part of an SMS has.
    pub sms: Vec<String>,
    /// Of all SMS, those that go to the app instead.
    #[serde(deserialize_with = "decimal")]
    pub sms_as_push: Decimal,
    /// Point-in-time recovery of the idempotency table.
    pub idempotency_recovery: bool,
    /// The bill is that of this year's last month.
    pub years_kept: u32,
    /// Interface endpoints in any mode.
    pub endpoints: u32,
    /// `CloudWatch` alarms.
    pub alarms: u32,
    /// KMS keys.
    pub keys: u32,
}

/// Sizes and counts of what records lead to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Records {
    /// Of one SMS.
    pub sms_parts: u32,
    /// That get a push.
    #[serde(deserialize_with = "decimal")]
    pub devices_per_customer: Decimal,
    /// Of a claim's item.
    pub fact_bytes: u32,
    /// Until the item expires.
    pub fact_days: u32,
    /// Of a ledger entry.
    pub ledger_bytes: u32,
    /// Read for one statement.
    pub entries_per_statement: u32,
    /// The share of records that end in a dead letter queue.
    #[serde(deserialize_with = "decimal")]
    pub dead_lettered: Decimal,
    /// How long logs are kept.
    pub log_days: u32,
    /// Custom metrics.
    pub metrics_per_function: u32,
}

/// A function's settings in infra/functions.yaml.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// Memory.
    pub memory_mb: u32,
    /// Most records of an invocation.
    pub batch_size: u32,
    /// How long a batch is gathered.
    pub window_seconds: u32,
    /// One mapping each.
    pub topics: Vec<String>,
}

/// What `measure.py` found.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// When.
    pub date: String,
    /// How to do it again.
    pub command: String,
    /// Architecture.
    pub machine: String,
    /// Cargo's profile.
    pub build: String,
    /// How many wanted to run when it began.
    pub load_average: String,
    /// How many could.
    pub cores: u32,
    /// Compressed, in S3.
    pub audit_bytes_per_record: u32,
    /// Of one PDF.
    pub statement_bytes: u32,
    /// By name.
    pub functions: BTreeMap<String, MeasuredFunction>,
}

/// What was measured of one function.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredFunction {
    /// How many.
    pub records: u32,
    /// In how many batches.
    pub invocations: u32,
    /// An invocation's duration through its records: the median.
    #[serde(deserialize_with = "decimal")]
    pub milliseconds_per_record: Decimal,
    /// The most of any instance.
    pub max_memory_mb: u32,
    /// Lines about records.
    pub log_bytes_per_record: u32,
    /// START, END, REPORT and the metrics' line.
    pub log_bytes_per_invocation: u32,
}

/// Reads `prices.toml`, `load.toml` and `measured.toml` in `folder`, and checks them.
pub fn read(folder: &Path) -> Result<(Prices, Load, Measured), CostError> {
    let prices: Prices = read_toml(&folder.join("prices.toml"))?;
    let load: Load = read_toml(&folder.join("load.toml"))?;
    let measured: Measured = read_toml(&folder.join("measured.toml"))?;
    prices.check()?;
    load.check()?;
    measured.check()?;
    Ok((prices, load, measured))
}

fn read_toml<T: DeserializeOwned>(path: &Path) -> Result<T, CostError> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| CostError::File { path: name.clone(), error })?;
    toml::from_str(&text).map_err(|error| CostError::Toml { path: name, error })
}

impl Load {
    /// Seconds of a month.
    #[must_use]
    pub fn seconds(&self) -> Decimal {
        Decimal::from(self.hours_per_month) * Decimal::from(3600)
    }

    /// Records per second of a function's topic at `rate` events per second.
    #[must_use]
    pub fn topic_rate(&self, topic: &str, rate: Decimal) -> Decimal {
        rate * self.topics.get(topic).copied().unwrap_or_default()
    }
}
