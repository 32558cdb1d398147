//! What a mapping's events add up to: AWS's event source mapping metrics, and what the live view shows besides.
//!
//! Documented, unless a field says otherwise: AWS Lambda developer guide, "Types of metrics for Lambda functions",
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics>.

use std::collections::{BTreeMap, HashMap, HashSet};

use tidings_mapping::{MappingEvent, Position};

use super::extent::{Extent, count};

/// Numbers that only rise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// `PolledEventCount`: records read.
    pub(super) polled: u64,
    /// `FilteredOutEventCount`: records that no filter accepted.
    pub(super) filtered_out: u64,
    /// `InvokedEventCount`: records that the function was invoked with, again with every retry.
    pub(super) invoked: u64,
    /// `FailedInvokeEventCount`: records of invocations that failed; of a partial batch response only those that it
    /// lists. Inferred: throttled invocations and function errors count like those that could not be made.
    pub(super) failed_invoke: u64,
    /// `DroppedEventCount`: records given up without a failure destination, or whose delivery to it failed for good.
    /// Inferred: also those that no payload can hold.
    pub(super) dropped: u64,
    /// `OnFailureDestinationDeliveredEventCount`: records given up to the failure destination.
    pub(super) delivered: u64,
    /// `CommittedEventCount`: what the committed offsets rose by, over all partitions.
    pub(super) committed: u64,
    /// `PollingErrorCount`: reading from the cluster failed.
    pub(super) polling_errors: u64,
    /// `InvokeErrorCount`: batches, not records. Inferred: each that has records in `FailedInvokeEventCount`.
    pub(super) invoke_errors: u64,
    /// `OnFailureDestinationDeliveryErrorCount`: batches that the failure destination did not take. Chosen: again with
    /// every try; the last one drops the batch.
    pub(super) delivery_errors: u64,
    /// `CommitErrorCount`: commits that failed.
    pub(super) commit_errors: u64,
    /// For the view: records that an invocation succeeded for.
    pub(super) done: u64,
    /// For the view: `failed_invoke` without throttled records.
    pub(super) failed: u64,
    /// For the view: throttled invocations.
    pub(super) throttled: u64,
}

/// How far the group is behind, in offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lag {
    /// `MaxOffsetLag`: of the partition that is furthest behind.
    pub(super) max: u64,
    /// `SumOffsetLag`: of all partitions. Inferred: `OffsetLag`, which is per topic, is the same.
    pub(super) sum: u64,
}

/// How far a partition has come since it was assigned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Offsets {
    /// The first record that was read.
    pub(super) first: Option<i64>,
    /// The last record that was read.
    pub(super) consumed: Option<i64>,
    /// The furthest record that is done, filtered out or given up.
    pub(super) processed: Option<i64>,
    /// The group's committed offset: the next one to read.
    pub(super) committed: Option<i64>,
}

/// What the metrics endpoint tells of a mapping.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    pub(super) counts: Counts,
    pub(super) lag: Option<Lag>,
    /// Only of a provisioned mapping.
    pub(super) provisioned_pollers: Option<u32>,
}

/// A mapping's numbers as of now.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    pub(super) counts: Counts,
    /// Unknown while the group has given the mapping no partition.
    pub(super) lag: Option<Lag>,
    /// Event pollers that run; `ProvisionedPollers` where the mapping is provisioned.
    pub(super) pollers: u32,
    /// Batches that the function is at.
    pub(super) in_flight: HashMap<u64, Extent>,
    /// Records that will be sent again.
    pub(super) to_retry: HashSet<Position>,
    pub(super) partitions: BTreeMap<i32, Offsets>,
    pub(super) initial_pollers: u32,
}

impl Metrics {
    /// Of a mapping that starts with so many pollers.
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

    /// Whatever waited to be sent again is read again, by this mapping or another member of its group.
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

    /// Takes a batch back whose invocation did not come about. Answers its number of records.
    fn returned(&mut self, batch: u64) -> u64 {
        self.in_flight.remove(&batch).map_or(0, |extent| extent.records)
    }

    fn invocation_failed(&mut self, records: u64) {
        self.counts.failed_invoke += records;
        self.counts.invoke_errors += 1;
    }

    /// Answers the number of records.
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

    /// Inferred: without an earlier commit of this partition, the sum begins at the first record that was read. What
    /// was committed before it is told late, of an assignment that has ended.
    fn committed(&mut self, partition: i32, offset: i64) {
        let offsets = self.partitions.entry(partition).or_default();
        let from = offsets.committed.or(offsets.first).unwrap_or(offset);
        self.counts.committed += u64::try_from(offset - from).unwrap_or(0);
        offsets.committed = Some(offset.max(from));
    }
}
