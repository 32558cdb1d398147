//! Where a mapping writes what it gives up on.

use super::super::error::{Located, Result};
use super::super::properties::Properties;

const EXPECTED: &str = "the ARN of an SQS queue, SNS topic or S3 bucket (no FIFO), or kafka://topic";

/// `DestinationConfig.OnFailure.Destination`: an ARN, or a topic of the same cluster.
pub(super) fn on_failure(properties: &Properties<'_>, provisioned: bool) -> Result<Option<String>> {
    let Some(config) = properties.get("DestinationConfig")? else { return Ok(None) };
    let destinations = properties.inner("DestinationConfig", &config)?;
    destinations.only(&["OnFailure"], &[])?;
    let Some(node) = destinations.get("OnFailure")? else { return Ok(None) };
    let on_failure = destinations.inner("OnFailure", &node)?;
    // Type only tells SAM which permission to add to the role.
    on_failure.only(&["Destination"], &["Type"])?;
    let destination = on_failure.required("Destination")?;
    let text = destination.text("Destination")?;
    let kafka = text.strip_prefix("kafka://").is_some_and(|topic| !topic.is_empty());
    if kafka && !provisioned {
        let construct = "a kafka:// destination without ProvisionedPollerConfig, as Lambda does not";
        return Err(Located::unsupported(destination.line, construct, "add ProvisionedPollerConfig"));
    }
    // arn:partition:service:...
    let service = text.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(1));
    let fifo = text.to_ascii_lowercase().ends_with(".fifo");
    if kafka || (matches!(service, Some("sqs" | "sns" | "s3")) && !fifo) {
        return Ok(Some(text.to_owned()));
    }
    Err(Located::value(destination.line, "Destination", text, EXPECTED))
}
