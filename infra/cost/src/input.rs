//! The load, the functions and the measurements.

mod check;
mod decimals;
mod functions;

use std::{collections::BTreeMap, fs, path::Path};

use rust_decimal::Decimal;
use serde::{Deserialize, de::DeserializeOwned};
use tidings_trigger::Mapping;

use crate::{error::CostError, price::Prices};
pub(crate) use check::not_negative;
use decimals::decimals;
pub(crate) use decimals::{decimal, maybe_decimal};

/// The load and the settings.
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
    /// The settings that an operator can choose.
    pub settings: Settings,
    /// Sizes and counts of what a record causes.
    pub records: Records,
    /// The measured functions of the templates, by their binaries' names.
    #[serde(skip)]
    pub functions: BTreeMap<String, Function>,
    /// The functions that are not measured and so not in the bill.
    #[serde(skip)]
    pub unmeasured: Vec<String>,
}

/// Events per second, all topics together.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// The average over day and night.
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
    /// The number of brokers.
    pub brokers: u32,
    /// The name of a broker's price.
    pub broker: String,
    /// The provisioned storage of each broker, in GB.
    pub storage_gb_per_broker: u32,
    /// The partitions of each topic.
    pub partitions: u32,
    /// Availability zones.
    pub zones: u32,
    /// The size of one record with Kafka's overhead.
    pub event_bytes: u32,
}

/// The mode of the event pollers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Provisioned pollers, all mappings in one group.
    ProvisionedShared,
    /// Provisioned pollers, a separate group for each mapping.
    ProvisionedAlone,
    /// On-demand pollers.
    OnDemand,
}

/// The level of the functions' logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// One line per record.
    Info,
    /// No line if all is well.
    Warn,
}

/// The settings that an operator can choose.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The mode of the event pollers.
    pub pollers: Mode,
    /// The level of the functions' logs.
    pub log_level: LogLevel,
    /// Whether X-Ray is on.
    pub tracing: bool,
    /// The name of an e-mail's price.
    pub email: String,
    /// The names of the prices of one part of an SMS.
    pub sms: Vec<String>,
    /// The share of SMS that are pushed to the app instead.
    #[serde(deserialize_with = "decimal")]
    pub sms_as_push: Decimal,
    /// Whether the idempotency table has point-in-time recovery.
    pub idempotency_recovery: bool,
    /// The years of data that are stored: the bill is for the last month of them.
    pub years_kept: u32,
    /// The interface endpoints that are needed in every mode.
    pub endpoints: u32,
    /// `CloudWatch` alarms of the platform.
    pub alarms: u32,
    /// `CloudWatch` alarms of each function.
    pub alarms_per_function: u32,
    /// KMS keys.
    pub keys: u32,
}

/// Sizes and counts of what a record causes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Records {
    /// The parts of one SMS.
    pub sms_parts: u32,
    /// The devices of one customer that get a push.
    #[serde(deserialize_with = "decimal")]
    pub devices_per_customer: Decimal,
    /// The size of a claim's item.
    pub fact_bytes: u32,
    /// The days until the item expires.
    pub fact_days: u32,
    /// The share of records that end in a dead letter queue.
    #[serde(deserialize_with = "decimal")]
    pub dead_lettered: Decimal,
    /// The days that logs are kept.
    pub log_days: u32,
    /// Custom metrics.
    pub metrics_per_function: u32,
}

/// A function's settings in its template, and its cost table.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its memory.
    pub memory_mb: u32,
    /// Its event source mappings.
    pub mappings: Vec<Mapping>,
    /// The cost of its records.
    pub cost: Cost,
}

/// The cost of a function's record besides its invocation, claim and logs: the table `[cost]` of the function's
/// `function.toml`. A missing key costs nothing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// The message that it sends.
    pub message: Option<Message>,
    /// The size of the `DynamoDB` items that it reads, with the 100 bytes that `DynamoDB` adds to each.
    #[serde(default)]
    pub read_bytes: u32,
    /// The size of the `DynamoDB` item that it writes and keeps, with the 100 bytes that `DynamoDB` adds.
    #[serde(default)]
    pub written_bytes: u32,
    /// What it stores as one S3 object. Objects are kept; their size is measured.
    pub object_per: Option<ObjectPer>,
}

/// A message to a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Message {
    /// An e-mail by SES.
    Email,
    /// An SMS by SNS, in one or more parts.
    Sms,
    /// A push by SNS to each of the customer's devices, each with its own claim.
    Push,
}

/// What is stored as one S3 object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectPer {
    /// Each record.
    Record,
    /// The records of one partition in one batch.
    Partition,
}

/// The results of `measure.py`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The date of the measurement.
    pub date: String,
    /// The command that repeats it.
    pub command: String,
    /// The machine's architecture.
    pub machine: String,
    /// Cargo's profile.
    pub build: String,
    /// The machine's load average at the beginning.
    pub load_average: String,
    /// The number of CPU cores.
    pub cores: u32,
    /// The functions by name.
    pub functions: BTreeMap<String, MeasuredFunction>,
}

/// The measurements of one function.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredFunction {
    /// The number of records.
    pub records: u32,
    /// The number of invocations, one for each batch.
    pub invocations: u32,
    /// The median of an invocation's duration divided by its records.
    #[serde(deserialize_with = "decimal")]
    pub milliseconds_per_record: Decimal,
    /// The peak memory of any instance.
    pub max_memory_mb: u32,
    /// The log lines about records.
    pub log_bytes_per_record: u32,
    /// The log lines START, END, REPORT and the metrics.
    pub log_bytes_per_invocation: u32,
    /// The size of its objects in S3; 0 if it writes none.
    pub object_bytes_per_record: u32,
}

/// Reads and checks the tables in `infra/cost`, the templates and the functions' own tables.
pub fn read(repository: &Path) -> Result<(Prices, Load, Measured), CostError> {
    let folder = repository.join("infra/cost");
    let prices: Prices = read_toml(&folder.join("prices.toml"))?;
    let mut load: Load = read_toml(&folder.join("load.toml"))?;
    let measured: Measured = read_toml(&folder.join("measured.toml"))?;
    let (functions, topics) = functions::read(repository)?;
    prices.check()?;
    load.check(&topics)?;
    measured.check(&functions)?;
    let (known, others): (_, BTreeMap<_, _>) =
        functions.into_iter().partition(|(name, _)| measured.functions.contains_key(name));
    (load.functions, load.unmeasured) = (known, others.into_keys().collect());
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
