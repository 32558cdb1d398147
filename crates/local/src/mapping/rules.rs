//! From a template's mapping to the machine's rules, refusing what Lambda refuses.

use std::time::Duration;

use super::MappingError;
use super::machine::Rules;
use super::scaling;
use crate::host::PAYLOAD_LIMIT;
use crate::template::Mapping;

/// Lambda's limit.
const LARGEST_BATCH: usize = 10_000;
/// Lambda's limit.
const LONGEST_WINDOW: Duration = Duration::from_mins(5);
/// Unlimited retries are ten where there is a failure destination.
const RETRIES_BEFORE_DESTINATION: u32 = 10;

pub(super) fn rules(spec: &Mapping) -> Result<Rules, MappingError> {
    let refused = |setting, reason| Err(MappingError::Setting { mapping: spec.id.clone(), setting, reason });
    if !(1..=LARGEST_BATCH).contains(&spec.batch_size) {
        return refused("BatchSize", "it must be from 1 to 10000");
    }
    if spec.batching_window > LONGEST_WINDOW {
        return refused("MaximumBatchingWindowInSeconds", "it must be from 0 to 300");
    }
    if spec.provisioned.is_none()
        && let Some(setting) = error_control(spec)
    {
        return refused(setting, "it needs ProvisionedPollerConfig; add that or remove the setting");
    }
    let cap = (spec.provisioned.is_some() && spec.on_failure.is_some()).then_some(RETRIES_BEFORE_DESTINATION);
    Ok(Rules {
        batch_size: spec.batch_size,
        window: spec.batching_window,
        payload_limit: PAYLOAD_LIMIT,
        pollers: scaling::bounds(spec).minimum,
        retries: spec.maximum_retry_attempts.or(cap),
        max_age: spec.maximum_record_age,
        bisect: spec.bisect_on_function_error,
    })
}

fn error_control(spec: &Mapping) -> Option<&'static str> {
    [
        (spec.maximum_retry_attempts.is_some(), "MaximumRetryAttempts"),
        (spec.maximum_record_age.is_some(), "MaximumRecordAgeInSeconds"),
        (spec.bisect_on_function_error, "BisectBatchOnFunctionError"),
        (spec.report_batch_item_failures, "FunctionResponseTypes"),
    ]
    .into_iter()
    .find_map(|(set, name)| set.then_some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{EventSource, Pollers, StartingPosition};

    fn provisioned() -> Mapping {
        let source = EventSource::Msk("arn:aws:kafka:x".to_owned());
        let on_demand = Mapping::new("notify", "t", source, StartingPosition::Latest);
        Mapping { provisioned: Some(Pollers { minimum: 2, maximum: 9 }), ..on_demand }
    }

    fn on_demand() -> Mapping {
        Mapping { provisioned: None, ..provisioned() }
    }

    #[test]
    fn unlimited_retries_end_at_ten_only_before_a_destination_of_a_provisioned_mapping() {
        let on_failure = Some("arn:aws:sqs:us-east-1:000000000000:q".to_owned());
        assert_eq!(rules(&provisioned()).unwrap().retries, None);
        assert_eq!(
            rules(&Mapping { on_failure: on_failure.clone(), ..provisioned() }).unwrap().retries,
            Some(10)
        );
        assert_eq!(rules(&Mapping { on_failure: on_failure.clone(), ..on_demand() }).unwrap().retries, None);
        let twelve = Mapping { on_failure, maximum_retry_attempts: Some(12), ..provisioned() };
        assert_eq!(rules(&twelve).unwrap().retries, Some(12));
    }

    #[test]
    fn a_mapping_begins_with_its_minimum_of_pollers_or_one() {
        assert_eq!(rules(&provisioned()).unwrap().pollers, 2);
        assert_eq!(rules(&on_demand()).unwrap().pollers, 1);
    }

    #[test]
    fn what_lambda_refuses_is_refused_by_name() {
        for (spec, setting) in [
            (Mapping { batch_size: 0, ..provisioned() }, "BatchSize"),
            (Mapping { batch_size: 10_001, ..provisioned() }, "BatchSize"),
            (
                Mapping { batching_window: Duration::from_secs(301), ..provisioned() },
                "MaximumBatchingWindowInSeconds",
            ),
            (Mapping { maximum_retry_attempts: Some(1), ..on_demand() }, "MaximumRetryAttempts"),
            (
                Mapping { maximum_record_age: Some(Duration::from_mins(1)), ..on_demand() },
                "MaximumRecordAgeInSeconds",
            ),
            (Mapping { bisect_on_function_error: true, ..on_demand() }, "BisectBatchOnFunctionError"),
            (Mapping { report_batch_item_failures: true, ..on_demand() }, "FunctionResponseTypes"),
        ] {
            let error = rules(&spec).unwrap_err().to_string();
            assert!(error.contains(setting) && error.contains("notify-t"), "{error}");
        }
    }
}
