//! A mapping's on-failure destination.

use super::super::error::{Fault, Located, Result};
use super::super::properties::{Properties, check_name};
use super::super::topics::check_kafka_topic;

const EXPECTED: &str = "the ARN of an SQS queue, SNS topic or S3 bucket (no FIFO), or kafka://topic";

/// `DestinationConfig.OnFailure.Destination`: an ARN, or a topic of the same cluster. `source` is the topic that the
/// mapping reads.
pub(super) fn on_failure(
    properties: &Properties<'_>,
    source: &str,
    provisioned: bool,
) -> Result<Option<String>> {
    let Some(config) = properties.get("DestinationConfig")? else { return Ok(None) };
    let destinations = properties.inner("DestinationConfig", &config)?;
    destinations.only(&["OnFailure"], &[])?;
    let Some(node) = destinations.get("OnFailure")? else { return Ok(None) };
    let on_failure = destinations.inner("OnFailure", &node)?;
    on_failure.only(&["Destination", "Type"], &[])?;
    check_type(&on_failure)?;
    let destination = on_failure.required("Destination")?;
    let text = destination.text("Destination")?;
    match text.strip_prefix("kafka://") {
        Some(topic) => check_topic(topic, source, provisioned, destination.line)?,
        None => check_resource(text, destination.line)?,
    }
    Ok(Some(text.to_owned()))
}

/// Checks `Type`, from which SAM derives a permission for the role. SAM accepts only these values
/// (<https://github.com/aws/serverless-application-model>, `samtranslator/model/eventsources/pull.py`).
fn check_type(on_failure: &Properties<'_>) -> Result<()> {
    const TYPES: [&str; 4] = ["SQS", "SNS", "S3", "Kafka"];
    match on_failure.text("Type")? {
        Some((other, line)) if !TYPES.contains(&other.as_str()) => {
            Err(Located::value(line, "Type of OnFailure", other, format!("one of {}", TYPES.join(", "))))
        }
        _ => Ok(()),
    }
}

fn check_topic(topic: &str, source: &str, provisioned: bool, line: usize) -> Result<()> {
    if !provisioned {
        let construct = "a kafka:// destination without ProvisionedPollerConfig (nor does Lambda)";
        return Err(Located::unsupported(line, construct, "add ProvisionedPollerConfig"));
    }
    check_kafka_topic("the topic of Destination", topic, line)?;
    if topic == source {
        let reason = "failed records would come back to the mapping; use another topic".to_owned();
        return Err(Located::new(
            line,
            Fault::Refused { name: format!("Destination kafka://{topic}"), reason },
        ));
    }
    Ok(())
}

fn check_resource(arn: &str, line: usize) -> Result<()> {
    let fifo = arn.to_ascii_lowercase().ends_with(".fifo");
    match arn.splitn(6, ':').collect::<Vec<_>>()[..] {
        ["arn", _, "sqs" | "sns" | "s3", _, _, name] if !fifo => {
            check_name("the resource of Destination", name, line, 256, "._-")
        }
        _ => Err(Located::value(line, "Destination", arn, EXPECTED)),
    }
}
