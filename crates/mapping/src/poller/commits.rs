//! Commits and the lag.

use std::sync::Arc;
use std::time::Instant;

use rdkafka::consumer::CommitMode;
use rdkafka::error::KafkaResult;

use super::super::consumer::{self, Ends, PartitionLag};
use super::super::event::MappingEvent;
use super::{Background, Done, Poller};

impl Poller {
    /// Commits settled records if a commit may start now.
    pub(super) fn commit(&self, background: &mut Background, at: Instant) {
        if !background.pace.allows(at) {
            return;
        }
        let commits = self.machine().take_commits();
        if commits.is_empty() {
            return;
        }
        background.pace.begin(at);
        let (consumer, topic) = (Arc::clone(&self.consumer), self.topic.clone());
        // Synchronous, because rdkafka reports nothing about asynchronous commits.
        background.tasks.spawn_blocking(move || {
            let result = consumer::commit(&*consumer, &topic, &commits, CommitMode::Sync);
            Done::Commit(commits, result)
        });
    }

    pub(super) fn committed(
        &self,
        commits: Vec<(i32, i64)>,
        result: KafkaResult<()>,
        background: &mut Background,
    ) {
        background.pace.end();
        if let Err(error) = result {
            self.observe(&MappingEvent::CommitFailed { reason: error.to_string() });
            background.refused_commits.extend(commits.iter().map(|(number, _)| *number));
            background.retry_soon();
            return;
        }
        self.machine().commit_acknowledged(&commits);
        for (partition, offset) in commits {
            self.observe(&MappingEvent::Committed { partition, offset });
        }
        self.commits.send_modify(|count| *count += 1);
    }

    /// Reports the group's lag and scales the pollers accordingly.
    pub(super) fn tell_lag(&mut self, ends: &Ends) {
        let committed = self.machine().committed();
        let lags: Vec<PartitionLag> = committed
            .into_iter()
            .filter_map(|(partition, next)| {
                let (_, end) = ends.iter().find(|(number, _)| *number == partition)?;
                Some(PartitionLag { partition, lag: u64::try_from(end - next).unwrap_or(0) })
            })
            .collect();
        let sum = lags.iter().map(|partition| partition.lag).sum();
        if let Some(pollers) = self.scaling.evaluate(sum, lags.len(), Instant::now()) {
            self.machine().set_pollers(pollers);
            self.observe(&MappingEvent::Scaled { pollers });
        }
        self.observe(&MappingEvent::Lag(lags));
    }
}
