//! Performs the machine's actions: invocations and deliveries to the failure destination.

use jiff::Timestamp;

use super::batch::{Action, Condition, Job, Outcome};
use super::destination::FailureDestination;
use super::event::{FunctionFailure, MappingEvent};
use super::invoke::{Answer, Invoker};
use super::payload::Envelope;
use super::response;

/// Chosen: after this number of failed deliveries a batch is dropped, because it would block its partitions.
const MOST_DELIVERIES: u32 = 10;

/// Performs actions.
pub(super) struct Worker {
    pub(super) envelope: Envelope,
    pub(super) invoker: Invoker,
    pub(super) report_batch_item_failures: bool,
    pub(super) destination: Option<FailureDestination>,
}

/// The result of an action.
pub(super) struct Report {
    pub(super) batch: u64,
    pub(super) outcome: Outcome,
    /// The events for the observer.
    pub(super) events: Vec<MappingEvent>,
}

impl Worker {
    pub(super) async fn perform(&self, action: Action) -> Report {
        match action {
            Action::Invoke(job) => self.invoke(job).await,
            Action::GiveUp(job, condition) => self.give_up(job, condition).await,
        }
    }

    async fn invoke(&self, job: Job) -> Report {
        let answer = self.invoker.invoke(self.envelope.payload(&job.records)).await;
        let report = self.report_batch_item_failures;
        let outcome = response::interpret(&answer, report, &self.envelope, &job.records);
        Report { batch: job.batch, events: events(&job, &outcome, answer), outcome }
    }

    async fn give_up(&self, job: Job, condition: Condition) -> Report {
        let (records, batch) = (job.positions(), job.batch);
        let (outcome, events) = match &self.destination {
            None => (Outcome::GivenUp, vec![MappingEvent::Dropped { condition, records }]),
            Some(destination) => match destination.deliver(&job, condition, Timestamp::now()).await {
                Ok(()) => (Outcome::GivenUp, vec![MappingEvent::Delivered { condition, records }]),
                Err(error) => {
                    let reason = error.to_string();
                    let failed = MappingEvent::DeliveryFailed { records: records.clone(), reason };
                    if error.is_permanent() || job.deliveries + 1 == MOST_DELIVERIES {
                        (Outcome::GivenUp, vec![failed, MappingEvent::Dropped { condition, records }])
                    } else {
                        (Outcome::NotDelivered, vec![failed])
                    }
                }
            },
        };
        Report { batch, outcome, events }
    }
}

fn events(job: &Job, outcome: &Outcome, answer: Answer) -> Vec<MappingEvent> {
    let (batch, records) = (job.batch, job.positions());
    let (last, body) = match answer {
        Answer::Returned { last, body } => (last, body),
        Answer::Throttled => return vec![MappingEvent::Throttled { batch }],
        Answer::TooLarge => {
            let reason = "the Invoke API rejected the payload as too large".to_owned();
            return vec![MappingEvent::NotInvoked { batch, reason }];
        }
        Answer::Refused { status } => {
            let reason = format!("the Invoke API returned HTTP status {status}");
            return vec![MappingEvent::NotInvoked { batch, reason }];
        }
        Answer::Unreachable { reason } => return vec![MappingEvent::NotInvoked { batch, reason }],
    };
    let request_id = last.request_id.clone();
    match outcome {
        Outcome::Partial(failed, _) => {
            let (failed, done) = records.into_iter().partition(|position| failed.contains(position));
            let failure = FunctionFailure::Listed;
            vec![
                MappingEvent::Succeeded { batch, records: done, request_id: request_id.clone() },
                MappingEvent::FunctionFailed { batch, records: failed, request_id, failure },
            ]
        }
        Outcome::Failed(_) => {
            let failure = response::failure(&last, &body);
            vec![MappingEvent::FunctionFailed { batch, records, request_id, failure }]
        }
        _ => vec![MappingEvent::Succeeded { batch, records, request_id }],
    }
}
