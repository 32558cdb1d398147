//! A mapping's metrics, computed from its events: AWS's event source mapping metrics, and some more for the live view.
//!
//! Documented in the AWS Lambda developer guide, "Types of metrics for Lambda functions", unless a field says
//! otherwise:
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics>.

use std::collections::{BTreeMap, HashMap, HashSet};

use tidings_mapping::{MappingEvent, Position};

use super::extent::{Extent, count};

/// The counters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// `PolledEventCount`: records read.
    pub(super) polled: u64,
    /// `FilteredOutEventCount`: records that no filter accepted.
    pub(super) filtered_out: u64,
    /// `InvokedEventCount`: records sent to the function, including retries.
    pub(super) invoked: u64,
    /// `FailedInvokeEventCount`: records of failed invocations; for a partial batch response, only the listed records.
    /// Inferred: throttled invocations and function errors count, like invocations that could not be made.
    pub(super) failed_invoke: u64,
    /// `DroppedEventCount`: records discarded without a failure destination, or whose delivery to it failed finally.
    /// Inferred: also records that are too large for a payload.
    pub(super) dropped: u64,
    /// `OnFailureDestinationDeliveredEventCount`: records sent to the failure destination.
    pub(super) delivered: u64,
    /// `CommittedEventCount`: the increase of the committed offsets of all partitions.
    pub(super) committed: u64,
    /// `PollingErrorCount`: failed reads from the cluster.
    pub(super) polling_errors: u64,
    /// `InvokeErrorCount`: batches, not records. Inferred: every batch with records in `FailedInvokeEventCount`.
    pub(super) invoke_errors: u64,
    /// `OnFailureDestinationDeliveryErrorCount`: batches that could not be sent to the failure destination. Chosen:
    /// every attempt counts; the last one drops the batch.
    pub(super) delivery_errors: u64,
    /// `CommitErrorCount`: failed commits.
    pub(super) commit_errors: u64,
    /// For the view: records of successful invocations.
    pub(super) done: u64,
    /// For the view: `failed_invoke` without throttled records.
    pub(super) failed: u64,
    /// For the view: throttled invocations.
    pub(super) throttled: u64,
}

/// The consumer group's lag, in offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lag {
    /// `MaxOffsetLag`: the lag of the partition that is furthest behind.
    pub(super) max: u64,
    /// `SumOffsetLag`: the lag of all partitions. Inferred: `OffsetLag`, which is per topic, is equal.
    pub(super) sum: u64,
}

/// The progress of a partition since it was assigned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Offsets {
    /// The first record that was read.
    pub(super) first: Option<i64>,
    /// The last record that was read.
    pub(super) consumed: Option<i64>,
    /// The furthest record that succeeded, was filtered out or was discarded.
    pub(super) processed: Option<i64>,
    /// The group's committed offset, which is the next one to read.
    pub(super) committed: Option<i64>,
}

/// A mapping's values for the metrics endpoint.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    pub(super) counts: Counts,
    pub(super) lag: Option<Lag>,
    /// Set only for a provisioned mapping.
    pub(super) provisioned_pollers: Option<u32>,
}

/// A mapping's current metrics.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    pub(super) counts: Counts,
    /// Unknown while no partition is assigned.
    pub(super) lag: Option<Lag>,
    /// The running event pollers; `ProvisionedPollers` for a provisioned mapping.
    pub(super) pollers: u32,
    /// The batches that the function is processing.
    pub(super) in_flight: HashMap<u64, Extent>,
    /// Records that will be sent again.
    pub(super) to_retry: HashSet<Position>,
    pub(super) partitions: BTreeMap<i32, Offsets>,
    pub(super) initial_pollers: u32,
}

impl Metrics {
    /// The metrics of a mapping that starts with this number of pollers.
    pub(super) fn new(initial_pollers: u32) -> Self {
        Self { initial_pollers, ..Self::default() }
    }

    pub(super) fn note(&mut self, event: &MappingEvent) {
        match event {
            MappingEvent::Started => self.pollers = self.initial_pollers,
            MappingEvent::Assigned(partitions) => self.assign(partitions),
            MappingEvent::Polled(records) => records.iter().for_each(|position| self.polled(*position)),
            MappingEvent::FilteredOut(records) => self.counts.filtered_out += self.settled(records),
            MappingEvent::Invoked { batch, records } => self.invoked(*batch, records),
            MappingEvent::Succeeded { batch, records, .. } => {
                self.in_flight.remove(batch);
                self.counts.done += self.settled(records);
            }
            MappingEvent::FunctionFailed { batch, records, .. } => {
                self.in_flight.remove(batch);
                self.counts.failed += count(records);
                self.invocation_failed(count(records));
            }
            MappingEvent::Throttled { batch } => {
                self.counts.throttled += 1;
                let records = self.returned(*batch);
                self.invocation_failed(records);
            }
            MappingEvent::NotInvoked { batch, .. } => {
                let records = self.returned(*batch);
                self.counts.failed += records;
                self.invocation_failed(records);
            }
            MappingEvent::Retrying { records, .. } => self.to_retry.extend(records),
            MappingEvent::Delivered { records, .. } => self.counts.delivered += self.settled(records),
            MappingEvent::Dropped { records, .. } => self.counts.dropped += self.settled(records),
            MappingEvent::DeliveryFailed { .. } => self.counts.delivery_errors += 1,
            MappingEvent::Committed { partition, offset } => self.committed(*partition, *offset),
            MappingEvent::CommitFailed { .. } => self.counts.commit_errors += 1,
            MappingEvent::KafkaFailed { .. } => self.counts.polling_errors += 1,
            MappingEvent::Lag(partitions) => {
                let lags = || partitions.iter().map(|partition| partition.lag);
                self.lag = lags().max().map(|max| Lag { max, sum: lags().sum() });
            }
            MappingEvent::Scaled { pollers } => self.pollers = *pollers,
            MappingEvent::Stopped { .. } => {
                self.pollers = 0;
                self.in_flight.clear();
                self.to_retry.clear();
            }
        }
    }

    /// After an assignment, records that waited for a retry are read again, by this or another member of the group.
    fn assign(&mut self, partitions: &[i32]) {
        self.to_retry.clear();
        self.partitions = partitions.iter().map(|partition| (*partition, Offsets::default())).collect();
    }

    fn polled(&mut self, position: Position) {
        self.counts.polled += 1;
        let offsets = self.partitions.entry(position.partition).or_default();
        offsets.first.get_or_insert(position.offset);
        offsets.consumed = Some(position.offset);
    }

    fn invoked(&mut self, batch: u64, records: &[Position]) {
        let extent = Extent::of(records);
        self.counts.invoked += extent.records;
        self.in_flight.insert(batch, extent);
        self.no_retry(records);
    }

    /// Removes a batch whose invocation was not made. Returns its number of records.
    fn returned(&mut self, batch: u64) -> u64 {
        self.in_flight.remove(&batch).map_or(0, |extent| extent.records)
    }

    fn invocation_failed(&mut self, records: u64) {
        self.counts.failed_invoke += records;
        self.counts.invoke_errors += 1;
    }

    /// Marks records as processed. Returns their number.
    fn settled(&mut self, records: &[Position]) -> u64 {
        self.no_retry(records);
        let extent = Extent::of(records);
        for (partition, (_, last)) in extent.offsets {
            self.processed(partition, last);
        }
        extent.records
    }

    fn no_retry(&mut self, records: &[Position]) {
        if !self.to_retry.is_empty() {
            for position in records {
                self.to_retry.remove(position);
            }
        }
    }

    fn processed(&mut self, partition: i32, offset: i64) {
        let offsets = self.partitions.entry(partition).or_default();
        offsets.processed = offsets.processed.max(Some(offset));
    }

    /// Inferred: without an earlier commit of this partition, counting starts at the first record that was read. A
    /// commit of an offset before that is a late one from a previous assignment.
    fn committed(&mut self, partition: i32, offset: i64) {
        let offsets = self.partitions.entry(partition).or_default();
        let from = offsets.committed.or(offsets.first).unwrap_or(offset);
        self.counts.committed += u64::try_from(offset - from).unwrap_or(0);
        offsets.committed = Some(offset.max(from));
    }
}
