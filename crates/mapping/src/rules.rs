//! Derives the machine's rules from a mapping's settings.

use tidings_trigger::{Mapping, PAYLOAD_LIMIT};

use super::machine::Rules;
use super::scaling;

/// With a failure destination, unlimited retries become ten.
const RETRIES_BEFORE_DESTINATION: u32 = 10;

pub(super) fn rules(spec: &Mapping) -> Rules {
    let cap = (spec.provisioned.is_some() && spec.on_failure.is_some()).then_some(RETRIES_BEFORE_DESTINATION);
    Rules {
        batch_size: spec.batch_size,
        window: spec.batching_window,
        payload_limit: PAYLOAD_LIMIT,
        pollers: scaling::bounds(spec).minimum,
        retries: spec.maximum_retry_attempts.or(cap),
        max_age: spec.maximum_record_age,
        bisect: spec.bisect_on_function_error,
    }
}

#[cfg(test)]
mod tests {

    use tidings_trigger::{EventSource, Pollers, StartingPosition};

    use super::*;

    fn provisioned() -> Mapping {
        let source = EventSource::Msk("arn:aws:kafka:x".to_owned());
        let on_demand = Mapping::new("notify", "t", source, StartingPosition::Latest);
        Mapping { provisioned: Some(Pollers { minimum: 2, maximum: 9 }), ..on_demand }
    }

    fn on_demand() -> Mapping {
        Mapping { provisioned: None, ..provisioned() }
    }

    #[test]
    fn unlimited_retries_become_ten_only_for_a_provisioned_mapping_with_a_destination() {
        let on_failure = Some("arn:aws:sqs:us-east-1:000000000000:q".to_owned());
        assert_eq!(rules(&provisioned()).retries, None);
        assert_eq!(rules(&Mapping { on_failure: on_failure.clone(), ..provisioned() }).retries, Some(10));
        assert_eq!(rules(&Mapping { on_failure: on_failure.clone(), ..on_demand() }).retries, None);
        let twelve = Mapping { on_failure, maximum_retry_attempts: Some(12), ..provisioned() };
        assert_eq!(rules(&twelve).retries, Some(12));
    }

    #[test]
    fn a_mapping_starts_with_its_minimum_of_pollers_or_one() {
        assert_eq!(rules(&provisioned()).pollers, 2);
        assert_eq!(rules(&on_demand()).pollers, 1);
    }
}
