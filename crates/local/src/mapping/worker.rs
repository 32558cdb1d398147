//! Carries out one action of the machine: an invocation, or the delivery of a batch that was given up.

use std::time::Instant;

use jiff::Timestamp;

use super::batch::{Action, Condition, Job, Outcome};
use super::destination::FailureDestination;
use super::event::{FunctionFailure, MappingEvent};
use super::invoke::{Answer, Invoker};
use super::payload::Envelope;
use super::response;

/// Chosen: a batch that the failure destination did not take so often is dropped, as it would block its partitions.
const MOST_DELIVERIES: u32 = 10;

/// What actions need.
pub(super) struct Worker {
    pub(super) mapping: String,
    pub(super) envelope: Envelope,
    pub(super) invoker: Invoker,
    pub(super) report_batch_item_failures: bool,
    pub(super) destination: Option<FailureDestination>,
}

/// How an action went.
pub(super) struct Report {
    pub(super) batch: u64,
    pub(super) outcome: Outcome,
    /// What to tell the observer.
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
        let began = Instant::now();
        let answer = self.invoker.invoke(self.envelope.payload(&job.records)).await;
        self.log(&job, &answer, began);
        let report = self.report_batch_item_failures;
        let outcome = response::interpret(&answer, report, &self.envelope, &job.records);
        Report { batch: job.batch, events: events(&job, &outcome, answer), outcome }
    }

    /// An answer's body may hold personal data, so it is not logged.
    fn log(&self, job: &Job, answer: &Answer, began: Instant) {
        let mapping = self.mapping.as_str();
        let records = job.records.len();
        match answer {
            Answer::Returned { last, .. } => match &last.function_error {
                None => tracing::debug!(
                    mapping,
                    records,
                    aws.request_id = last.request_id,
                    elapsed_millis = began.elapsed().as_millis(),
                    "invoked the function"
                ),
                Some(error) => tracing::warn!(
                    mapping,
                    records,
                    aws.request_id = last.request_id,
                    error,
                    "the function failed"
                ),
            },
            Answer::Throttled => tracing::info!(mapping, records, "throttled; trying again"),
            Answer::TooLarge => tracing::warn!(mapping, records, "the Invoke API refused the payload's size"),
            Answer::Refused { status } => {
                tracing::warn!(mapping, records, status, "the Invoke API refused the request; trying again");
            }
            Answer::Unreachable { reason } => {
                tracing::warn!(mapping, records, reason, "the Invoke API cannot be reached; trying again");
            }
        }
    }

    async fn give_up(&self, job: Job, condition: Condition) -> Report {
        let (mapping, reason) = (self.mapping.as_str(), condition.as_str());
        let (records, batch) = (job.positions(), job.batch);
        let Some(destination) = &self.destination else {
            tracing::error!(
                mapping,
                reason,
                records = records.len(),
                "dropped records: there is no failure destination"
            );
            let events = vec![MappingEvent::Dropped { condition, records }];
            return Report { batch, outcome: Outcome::GivenUp, events };
        };
        match destination.deliver(&job, condition, Timestamp::now()).await {
            Ok(()) => {
                tracing::warn!(
                    mapping,
                    reason,
                    records = records.len(),
                    "gave records up to the failure destination"
                );
                let events = vec![MappingEvent::Delivered { condition, records }];
                Report { batch, outcome: Outcome::GivenUp, events }
            }
            Err(error) => {
                let failed =
                    MappingEvent::DeliveryFailed { records: records.clone(), reason: error.to_string() };
                if !error.is_permanent() && job.deliveries + 1 < MOST_DELIVERIES {
                    tracing::warn!(
                        mapping,
                        reason,
                        %error,
                        "the failure destination did not take a batch; trying again"
                    );
                    return Report { batch, outcome: Outcome::NotDelivered, events: vec![failed] };
                }
                tracing::error!(
                    mapping,
                    reason,
                    records = records.len(),
                    %error,
                    "dropped records: the failure destination does not take them"
                );
                let events = vec![failed, MappingEvent::Dropped { condition, records }];
                Report { batch, outcome: Outcome::GivenUp, events }
            }
        }
    }
}

fn events(job: &Job, outcome: &Outcome, answer: Answer) -> Vec<MappingEvent> {
    let (batch, records) = (job.batch, job.positions());
    let (last, body) = match answer {
        Answer::Returned { last, body } => (last, body),
        Answer::Throttled => return vec![MappingEvent::Throttled { batch }],
        Answer::TooLarge => {
            let reason = "the Invoke API refused the payload's size".to_owned();
            return vec![MappingEvent::NotInvoked { batch, reason }];
        }
        Answer::Refused { status } => {
            let reason = format!("the Invoke API answered with HTTP status {status}");
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
