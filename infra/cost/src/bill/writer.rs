//! From load and measurements to the lines of a bill.

use rust_decimal::Decimal;
use tidings_trigger::Mapping;

use super::{Area, Line, Work};
use crate::{
    batch::records_per_batch,
    error::CostError,
    input::{Function, Load, LogLevel, MeasuredFunction, Message, Mode, ObjectPer},
    price::Prices,
};

/// <https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html>: pollers, and bytes per second, of one unit.
const POLLERS_PER_UNIT: u32 = 10;
const BYTES_PER_SECOND_OF_UNIT: u32 = 20_000_000;
/// On-demand pollers need endpoints to Lambda and STS in the cluster's subnets.
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html>
const ENDPOINTS_OF_ON_DEMAND: u32 = 2;
/// A claim and its fact (`tidings_consumer::dynamodb`): `PutItem` and `UpdateItem` of less than 1 KB.
const WRITES_PER_CLAIM: u32 = 2;
/// The bytes that `DynamoDB` adds to the size of each item.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
const ITEM_OVERHEAD_BYTES: u32 = 100;
/// An eventually consistent read of up to 4 KB is half a unit, a write of up to 1 KB one.
const READ_BYTES: u32 = 4096;
const WRITE_BYTES: u32 = 1024;
/// With active tracing, X-Ray records one invocation per second, and this share of the others.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html>
const TRACED_SHARE: Decimal = Decimal::from_parts(5, 0, 0, false, 2);
/// A dead letter is sent, received and deleted.
const REQUESTS_PER_DEAD_LETTER: u32 = 3;
/// The claims' table and the function's own table or bucket. AWS requests the key of each at most every five minutes.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html>
const STORES_PER_FUNCTION: u32 = 2;
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

    /// Writes the shared costs.
    pub fn shared(&mut self) -> Result<(), CostError> {
        self.kafka()?;
        self.network()?;
        self.observation()?;
        self.keys()
    }

    /// Writes the costs of a function and returns its work.
    pub fn function(
        &mut self,
        name: &str,
        function: &Function,
        found: &MeasuredFunction,
    ) -> Result<Work, CostError> {
        let work = self.work(function);
        self.running(name, function, found, &work)?;
        self.claims(name, function, &work)?;
        self.message(name, function, &work)?;
        self.stores(name, function, found, &work)?;
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
        // Each record is written once and read by each subscriber, from a broker in any of the zones.
        let reads: Decimal = functions.values().map(|function| self.share(function)).sum();
        let bytes = self.rate * (Decimal::ONE + reads) * Decimal::from(kafka.event_bytes);
        let across = bytes * (zones - Decimal::ONE) / zones;
        self.add(Area::Network, None, "zone-transfer", gigabytes(across * self.load.seconds()))
    }

    fn keys(&mut self) -> Result<(), CostError> {
        self.add(Area::Keys, None, "kms-keys", self.load.settings.keys.into())?;
        let per_hour = Decimal::from(STORES_PER_FUNCTION * KEY_REQUESTS_PER_HOUR) * self.functions();
        let requests = per_hour * self.hours();
        self.add(Area::Keys, None, "kms-requests", requests)
    }

    /// The units of event pollers, which are charged all the time.
    fn poller_units(&self) -> Decimal {
        let units = |mappings: &[&Mapping]| {
            let rate: Decimal =
                mappings.iter().map(|mapping| self.load.topic_rate(&mapping.topic, self.rate)).sum();
            let bytes = rate * Decimal::from(self.load.kafka.event_bytes);
            let by_bytes = bytes / Decimal::from(BYTES_PER_SECOND_OF_UNIT);
            (Decimal::from(mappings.len()) / Decimal::from(POLLERS_PER_UNIT)).max(by_bytes).ceil()
        };
        let mappings: Vec<_> = self.load.functions.values().flat_map(|function| &function.mappings).collect();
        match self.load.settings.pollers {
            Mode::OnDemand => Decimal::ZERO,
            Mode::ProvisionedShared => units(&mappings),
            Mode::ProvisionedAlone => mappings.chunks(1).map(units).sum(),
        }
    }

    fn observation(&mut self) -> Result<(), CostError> {
        let Load { settings, records, .. } = self.load;
        let metrics = self.functions() * Decimal::from(records.metrics_per_function);
        self.add(Area::Metrics, None, "metrics", metrics)?;
        let alarms =
            Decimal::from(settings.alarms) + self.functions() * Decimal::from(settings.alarms_per_function);
        self.add(Area::Metrics, None, "alarms", alarms)?;
        self.add(Area::Metrics, None, "dashboards", Decimal::ONE)
    }

    /// Records of a function per event.
    fn share(&self, function: &Function) -> Decimal {
        function.mappings.iter().map(|mapping| self.load.topic_rate(&mapping.topic, Decimal::ONE)).sum()
    }

    fn work(&self, function: &Function) -> Work {
        let mut work = Work::default();
        let mut per_second = Decimal::ZERO;
        for mapping in &function.mappings {
            let rate = self.load.topic_rate(&mapping.topic, self.rate);
            let batch = records_per_batch(mapping, rate, self.load.kafka.event_bytes);
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

    /// The consumer's work around the handler.
    fn claims(&mut self, name: &str, function: &Function, work: &Work) -> Result<(), CostError> {
        let Load { settings, records, .. } = self.load;
        // Each push to a device has another claim.
        let pushes = function.cost.message == Some(Message::Push);
        let devices = if pushes { records.devices_per_customer } else { Decimal::ZERO };
        let facts = work.records * (Decimal::ONE + devices);
        let writes = facts * Decimal::from(WRITES_PER_CLAIM);
        self.add(Area::Claims, Some(name), "dynamodb-writes", writes)?;
        let kept = facts * self.months(records.fact_days);
        let stored = gigabytes(kept * Decimal::from(records.fact_bytes + ITEM_OVERHEAD_BYTES));
        self.add(Area::Claims, Some(name), "dynamodb-storage", stored)?;
        let recoverable = if settings.idempotency_recovery { stored } else { Decimal::ZERO };
        self.add(Area::Claims, Some(name), "dynamodb-recovery", recoverable)?;
        let dead = work.records * records.dead_lettered * Decimal::from(REQUESTS_PER_DEAD_LETTER);
        self.add(Area::DeadLetters, Some(name), "sqs-requests", dead)
    }

    fn message(&mut self, name: &str, function: &Function, work: &Work) -> Result<(), CostError> {
        let Load { settings, records, .. } = self.load;
        match function.cost.message {
            Some(Message::Email) => self.add(Area::Email, Some(name), &settings.email, work.records),
            Some(Message::Sms) => {
                let pushed = work.records * settings.sms_as_push;
                let parts = (work.records - pushed) * Decimal::from(records.sms_parts);
                for price in &settings.sms {
                    self.add(Area::Sms, Some(name), price, parts)?;
                }
                self.push(name, pushed)
            }
            Some(Message::Push) => self.push(name, work.records),
            None => Ok(()),
        }
    }

    /// The handler's own tables and buckets.
    fn stores(
        &mut self,
        name: &str,
        function: &Function,
        found: &MeasuredFunction,
        work: &Work,
    ) -> Result<(), CostError> {
        let cost = &function.cost;
        let units = |bytes: u32, per_unit: u32| work.records * Decimal::from(bytes.div_ceil(per_unit));
        let kept = work.records * Decimal::from(self.load.settings.years_kept) * Decimal::from(12);
        let stored = |bytes: u32| gigabytes(kept * Decimal::from(bytes));
        let objects = match cost.object_per {
            Some(ObjectPer::Record) => work.records,
            Some(ObjectPer::Partition) => work.partitions,
            None => Decimal::ZERO,
        };
        for (area, price, quantity) in [
            (Area::Tables, "dynamodb-reads", units(cost.read_bytes, READ_BYTES) / Decimal::TWO),
            (Area::Tables, "dynamodb-writes", units(cost.written_bytes, WRITE_BYTES)),
            (Area::Tables, "dynamodb-storage", stored(cost.written_bytes)),
            (Area::Tables, "dynamodb-recovery", stored(cost.written_bytes)),
            (Area::S3, "s3-puts", objects),
            (Area::S3, "s3-standard", stored(found.object_bytes_per_record)),
        ] {
            self.add(area, Some(name), price, quantity)?;
        }
        Ok(())
    }

    fn push(&mut self, name: &str, records: Decimal) -> Result<(), CostError> {
        let pushes = records * self.load.records.devices_per_customer;
        self.add(Area::Push, Some(name), "sns-requests", pushes)?;
        self.add(Area::Push, Some(name), "sns-push", pushes)
    }

    fn functions(&self) -> Decimal {
        self.load.functions.len().into()
    }

    fn hours(&self) -> Decimal {
        self.load.hours_per_month.into()
    }

    fn months(&self, days: u32) -> Decimal {
        Decimal::from(days) * Decimal::from(24) / self.hours()
    }
}

fn gigabytes(bytes: Decimal) -> Decimal {
    bytes / Decimal::from(GB)
}
