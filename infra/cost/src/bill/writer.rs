//! From load and measurements to the lines of a bill.

use rust_decimal::Decimal;

use super::{Area, Line, Work};
use crate::{
    batch::records_per_batch,
    error::CostError,
    input::{Function, Load, LogLevel, Measured, MeasuredFunction, Mode},
    price::Prices,
};

/// <https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html>: pollers, and bytes per second, of one unit.
const POLLERS_PER_UNIT: u32 = 10;
const BYTES_PER_SECOND_OF_UNIT: u32 = 20_000_000;
/// On-demand pollers need Lambda and STS in the cluster's subnets.
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html>
const ENDPOINTS_OF_ON_DEMAND: u32 = 2;
/// A claim and its fact (`tidings_consumer::dynamodb`): `PutItem` and `UpdateItem` of less than 1 KB.
const WRITES_PER_CLAIM: u32 = 2;
/// `DynamoDB` counts so many bytes with each item.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
const ITEM_OVERHEAD_BYTES: u32 = 100;
/// An eventually consistent read of up to 4 KB is half a unit.
const READ_BYTES: u32 = 4096;
/// What X-Ray records with active tracing: an invocation each second, and of the others this share.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html>
const TRACED_SHARE: Decimal = Decimal::from_parts(5, 0, 0, false, 2);
/// A dead letter is sent, received and deleted.
const REQUESTS_PER_DEAD_LETTER: u32 = 3;
/// Pairs of a function and a table or bucket; each asks KMS for its key at most every five minutes.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html>
const KEY_USERS: u32 = 12;
const KEY_REQUESTS_PER_HOUR: u32 = 12;
/// Where AWS means 2³⁰ bytes, this is up to 7 % too much.
const GB: u32 = 1_000_000_000;

/// Writes the lines of a bill.
pub struct Writer<'a> {
    prices: &'a Prices,
    load: &'a Load,
    rate: Decimal,
    pub lines: Vec<Line>,
}

impl<'a> Writer<'a> {
    /// At `rate` events per second.
    pub fn new(prices: &'a Prices, load: &'a Load, rate: Decimal) -> Self {
        Self { prices, load, rate, lines: Vec::new() }
    }

    /// What no single function is paid for.
    pub fn shared(&mut self) -> Result<(), CostError> {
        self.kafka()?;
        self.network()?;
        self.observation()?;
        self.keys()
    }

    /// What a function does, and is paid for.
    pub fn function(
        &mut self,
        name: &str,
        function: &Function,
        measured: &Measured,
    ) -> Result<Work, CostError> {
        let work = self.work(function);
        self.running(name, function, &measured.functions[name], &work)?;
        self.claims(name, &work)?;
        self.effects(name, measured, &work)?;
        Ok(work)
    }

    fn add(&mut self, area: Area, whose: Option<&str>, price: &str, count: Decimal) -> Result<(), CostError> {
        let usd = self.prices.cost(price, count)?;
        let (function, price) = (whose.map(str::to_owned), price.to_owned());
        self.lines.push(Line { area, function, price, quantity: count, usd });
        Ok(())
    }

    fn kafka(&mut self) -> Result<(), CostError> {
        let kafka = &self.load.kafka;
        let brokers = Decimal::from(kafka.brokers);
        self.add(Area::Kafka, None, &kafka.broker, brokers * self.hours())?;
        let storage = brokers * Decimal::from(kafka.storage_gb_per_broker);
        self.add(Area::Kafka, None, "msk-storage", storage)?;
        self.add(Area::Pollers, None, "lambda-poller-units", self.poller_units() * self.hours())
    }

    fn network(&mut self) -> Result<(), CostError> {
        let Load { kafka, settings, functions, .. } = self.load;
        let zones = Decimal::from(kafka.zones);
        let on_demand = if settings.pollers == Mode::OnDemand { ENDPOINTS_OF_ON_DEMAND } else { 0 };
        let endpoints = Decimal::from(settings.endpoints + on_demand);
        self.add(Area::Network, None, "interface-endpoints", endpoints * zones * self.hours())?;
        // Written once, and read by each subscriber, by chance from any zone.
        let reads: Decimal = functions.values().map(|function| self.share(function)).sum();
        let bytes = self.rate * (Decimal::ONE + reads) * Decimal::from(kafka.event_bytes);
        let across = bytes * (zones - Decimal::ONE) / zones;
        self.add(Area::Network, None, "zone-transfer", gigabytes(across * self.load.seconds()))
    }

    fn keys(&mut self) -> Result<(), CostError> {
        self.add(Area::Keys, None, "kms-keys", self.load.settings.keys.into())?;
        let requests = Decimal::from(KEY_USERS * KEY_REQUESTS_PER_HOUR) * self.hours();
        self.add(Area::Keys, None, "kms-requests", requests)
    }

    /// Units that are paid for at every moment.
    fn poller_units(&self) -> Decimal {
        let units = |topics: &[&String]| {
            let rate: Decimal = topics.iter().map(|topic| self.load.topic_rate(topic, self.rate)).sum();
            let bytes = rate * Decimal::from(self.load.kafka.event_bytes);
            let by_bytes = bytes / Decimal::from(BYTES_PER_SECOND_OF_UNIT);
            (Decimal::from(topics.len()) / Decimal::from(POLLERS_PER_UNIT)).max(by_bytes).ceil()
        };
        let mappings: Vec<_> = self.load.functions.values().flat_map(|function| &function.topics).collect();
        match self.load.settings.pollers {
            Mode::OnDemand => Decimal::ZERO,
            Mode::ProvisionedShared => units(&mappings),
            Mode::ProvisionedAlone => mappings.chunks(1).map(units).sum(),
        }
    }

    fn observation(&mut self) -> Result<(), CostError> {
        let Load { settings, functions, records, .. } = self.load;
        let metrics = Decimal::from(functions.len()) * Decimal::from(records.metrics_per_function);
        self.add(Area::Metrics, None, "metrics", metrics)?;
        self.add(Area::Metrics, None, "alarms", settings.alarms.into())?;
        self.add(Area::Metrics, None, "dashboards", Decimal::ONE)
    }

    /// Records of a function per event.
    fn share(&self, function: &Function) -> Decimal {
        function.topics.iter().map(|topic| self.load.topic_rate(topic, Decimal::ONE)).sum()
    }

    fn work(&self, function: &Function) -> Work {
        let mut work = Work::default();
        let mut per_second = Decimal::ZERO;
        for topic in &function.topics {
            let rate = self.load.topic_rate(topic, self.rate);
            let batch = records_per_batch(function, rate, self.load.kafka.event_bytes);
            per_second += rate / batch;
            work.records += rate * self.load.seconds();
            work.invocations += rate / batch * self.load.seconds();
            let partitions = batch.min(self.load.kafka.partitions.into());
            work.partitions += rate / batch * partitions * self.load.seconds();
        }
        let first = per_second.min(Decimal::ONE);
        work.traces = (first + (per_second - first) * TRACED_SHARE) * self.load.seconds();
        work
    }

    /// Lambda, logs, traces.
    fn running(
        &mut self,
        name: &str,
        function: &Function,
        found: &MeasuredFunction,
        work: &Work,
    ) -> Result<(), CostError> {
        let settings = &self.load.settings;
        let seconds = work.records * found.milliseconds_per_record / Decimal::from(1000);
        let memory = Decimal::from(function.memory_mb) / Decimal::from(1024);
        self.add(Area::Lambda, Some(name), "lambda-requests", work.invocations)?;
        self.add(Area::Lambda, Some(name), "lambda-arm64", seconds * memory)?;
        let per_record = match settings.log_level {
            LogLevel::Info => found.log_bytes_per_record,
            LogLevel::Warn => 0,
        };
        let logs = gigabytes(
            work.records * Decimal::from(per_record)
                + work.invocations * Decimal::from(found.log_bytes_per_invocation),
        );
        self.add(Area::Logs, Some(name), "logs-ingested", logs)?;
        let kept = self.months(self.load.records.log_days);
        self.add(Area::Logs, Some(name), "logs-stored", logs * kept)?;
        let traces = if settings.tracing { work.traces } else { Decimal::ZERO };
        self.add(Area::Traces, Some(name), "traces", traces)
    }

    /// What the consumer does around the handler.
    fn claims(&mut self, name: &str, work: &Work) -> Result<(), CostError> {
        let Load { settings, records, .. } = self.load;
        // Each push to a device is claimed on its own as well.
        let devices = if name == "push" { records.devices_per_customer } else { Decimal::ZERO };
        let facts = work.records * (Decimal::ONE + devices);
        let writes = facts * Decimal::from(WRITES_PER_CLAIM);
        self.add(Area::Claims, Some(name), "dynamodb-writes", writes)?;
        let kept = facts * self.months(records.fact_days);
        let stored = item_gigabytes(kept, records.fact_bytes);
        self.add(Area::Claims, Some(name), "dynamodb-storage", stored)?;
        let recoverable = if settings.idempotency_recovery { stored } else { Decimal::ZERO };
        self.add(Area::Claims, Some(name), "dynamodb-recovery", recoverable)?;
        let dead = work.records * records.dead_lettered * Decimal::from(REQUESTS_PER_DEAD_LETTER);
        self.add(Area::DeadLetters, Some(name), "sqs-requests", dead)
    }

    /// What the handlers do.
    fn effects(&mut self, name: &str, measured: &Measured, work: &Work) -> Result<(), CostError> {
        let Load { settings, records, .. } = self.load;
        let kept = Decimal::from(settings.years_kept) * Decimal::from(12);
        match name {
            "email" => self.add(Area::Email, Some(name), &settings.email, work.records),
            "sms" => {
                let pushed = work.records * settings.sms_as_push;
                let parts = (work.records - pushed) * Decimal::from(records.sms_parts);
                for price in &settings.sms {
                    self.add(Area::Sms, Some(name), price, parts)?;
                }
                self.push(name, pushed)
            }
            "push" => {
                self.add(Area::Ledger, Some(name), "dynamodb-reads", work.records * half())?;
                self.push(name, work.records)
            }
            "statement" => {
                let bytes = records.entries_per_statement * (records.ledger_bytes + ITEM_OVERHEAD_BYTES);
                let reads = work.records * Decimal::from(bytes.div_ceil(READ_BYTES)) * half();
                self.add(Area::Ledger, Some(name), "dynamodb-reads", reads)?;
                self.add(Area::S3, Some(name), "s3-puts", work.records)?;
                let stored = work.records * kept * Decimal::from(measured.statement_bytes);
                self.add(Area::S3, Some(name), "s3-standard", gigabytes(stored))
            }
            "audit" => {
                self.add(Area::S3, Some(name), "s3-puts", work.partitions)?;
                let stored = work.records * kept * Decimal::from(measured.audit_bytes_per_record);
                self.add(Area::S3, Some(name), "s3-standard", gigabytes(stored))
            }
            // ledger, the last one of FUNCTIONS
            _ => {
                self.add(Area::Ledger, Some(name), "dynamodb-writes", work.records)?;
                let stored = item_gigabytes(work.records * kept, records.ledger_bytes);
                self.add(Area::Ledger, Some(name), "dynamodb-storage", stored)?;
                self.add(Area::Ledger, Some(name), "dynamodb-recovery", stored)
            }
        }
    }

    fn push(&mut self, name: &str, records: Decimal) -> Result<(), CostError> {
        let pushes = records * self.load.records.devices_per_customer;
        self.add(Area::Push, Some(name), "sns-requests", pushes)?;
        self.add(Area::Push, Some(name), "sns-push", pushes)
    }

    fn hours(&self) -> Decimal {
        self.load.hours_per_month.into()
    }

    fn months(&self, days: u32) -> Decimal {
        Decimal::from(days) * Decimal::from(24) / self.hours()
    }
}

fn half() -> Decimal {
    Decimal::new(5, 1)
}

fn gigabytes(bytes: Decimal) -> Decimal {
    bytes / Decimal::from(GB)
}

fn item_gigabytes(items: Decimal, bytes: u32) -> Decimal {
    gigabytes(items * Decimal::from(bytes + ITEM_OVERHEAD_BYTES))
}
