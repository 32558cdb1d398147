//! Reads one event of type MSK: an event source mapping from one topic to one function.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::error::{Located, Result};
use super::properties::{Properties, check_name};
use super::scope::Scope;
use super::yaml::{Entry, Node};
use super::{EventSource, Mapping, Pollers, StartingPosition};

/// What only provisioned mappings have (AWS Lambda developer guide, "Configuring error handling controls for
/// Kafka event sources").
const PROVISIONED_ONLY: [&str; 4] = [
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "FunctionResponseTypes",
];
const EVALUATED: [&str; 10] = [
    "Topics",
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "StartingPosition",
    "StartingPositionTimestamp",
    "ConsumerGroupId",
    "Enabled",
    "ProvisionedPollerConfig",
    "DestinationConfig",
    "Stream",
];
/// How Lambda reaches and reads a real cluster.
const MEANINGLESS_HERE: [&str; 4] =
    ["SourceAccessConfigurations", "KmsKeyArn", "LoggingConfig", "MetricsConfig"];

/// Lambda's defaults and limits (its API reference, `CreateEventSourceMapping`).
const DEFAULT_BATCH_SIZE: u32 = 100;
const DEFAULT_BATCHING_WINDOW: Duration = Duration::from_millis(500);

/// Reads the mapping that `entries` describe; `of` names it in errors.
pub(super) fn read(
    scope: &Scope<'_>,
    entries: &[Entry],
    of: &str,
    line: usize,
    function: &str,
) -> Result<Mapping> {
    let properties = Properties::new(scope, entries, of, line);
    properties.only(&[EVALUATED.as_slice(), &PROVISIONED_ONLY].concat(), &MEANINGLESS_HERE)?;
    let stream = properties.required("Stream")?.text("Stream")?.to_owned();
    let topic = topic(&properties)?;
    let id = format!("{function}-{topic}");
    let consumer_group_id = match properties.text("ConsumerGroupId")? {
        Some((group, line)) => {
            check_name("ConsumerGroupId", &group, line, 200, "-/*:_+=.@").map(|()| group)?
        }
        None => id.clone(),
    };
    let window = properties.count("MaximumBatchingWindowInSeconds", 0..=300)?;
    let provisioned = pollers(scope, &properties)?;
    if provisioned.is_none() {
        refuse_error_controls(&properties, of)?;
    }
    Ok(Mapping {
        batch_size: properties.count("BatchSize", 1..=10_000)?.unwrap_or(DEFAULT_BATCH_SIZE) as usize,
        batching_window: window
            .map_or(DEFAULT_BATCHING_WINDOW, |seconds| Duration::from_secs(seconds.into())),
        starting_position: starting_position(&properties)?,
        enabled: properties.boolean("Enabled")?.unwrap_or(true),
        maximum_retry_attempts: limited(properties.integer("MaximumRetryAttempts", -1..=10_000)?),
        maximum_record_age: record_age(&properties)?,
        bisect_on_function_error: properties.boolean("BisectBatchOnFunctionError")?.unwrap_or(false),
        report_batch_item_failures: reports_item_failures(&properties)?,
        on_failure: on_failure(scope, &properties, provisioned.is_some())?,
        source: EventSource::Msk(stream),
        filters: Vec::new(),
        log_level: None,
        metrics: BTreeSet::new(),
        function: function.to_owned(),
        id,
        topic,
        consumer_group_id,
        provisioned,
    })
}

fn topic(properties: &Properties<'_>) -> Result<String> {
    let topics = properties.required("Topics")?;
    let [topic] = topics.list("Topics")? else {
        return Err(Located::kind(topics.line, "Topics", "a list of exactly one topic"));
    };
    let name = topic.text("Topics")?;
    check_name("Topics", name, topic.line, 249, "._-")?;
    Ok(name.to_owned())
}

fn starting_position(properties: &Properties<'_>) -> Result<StartingPosition> {
    let position = properties.required("StartingPosition")?;
    match position.text("StartingPosition")? {
        "TRIM_HORIZON" => Ok(StartingPosition::TrimHorizon),
        "LATEST" => Ok(StartingPosition::Latest),
        "AT_TIMESTAMP" => {
            let at = properties.required("StartingPositionTimestamp")?;
            timestamp(&at).map(StartingPosition::AtTimestamp)
        }
        other => Err(Located::value(
            position.line,
            "StartingPosition",
            other,
            "TRIM_HORIZON, LATEST or AT_TIMESTAMP",
        )),
    }
}

/// Seconds since 1970, with a fraction.
fn timestamp(node: &Node) -> Result<Timestamp> {
    let text = node.text("StartingPositionTimestamp")?;
    let since_epoch =
        text.parse().ok().and_then(|seconds: f64| SignedDuration::try_from_secs_f64(seconds).ok());
    since_epoch.and_then(|duration| Timestamp::UNIX_EPOCH.checked_add(duration).ok()).ok_or_else(|| {
        Located::value(node.line, "StartingPositionTimestamp", text, "seconds since 1970-01-01T00:00:00Z")
    })
}

fn pollers(scope: &Scope<'_>, properties: &Properties<'_>) -> Result<Option<Pollers>> {
    let Some(node) = properties.get("ProvisionedPollerConfig")? else { return Ok(None) };
    let entries = node.map("ProvisionedPollerConfig")?;
    let config = Properties::new(scope, entries, "ProvisionedPollerConfig", node.line);
    config.only(&["MinimumPollers", "MaximumPollers"], &["PollerGroupName"])?;
    let minimum = config.count("MinimumPollers", 1..=200)?.unwrap_or(1);
    let maximum = config.count("MaximumPollers", 1..=2000)?.unwrap_or(200);
    if minimum > maximum {
        let expected = format!("at most MaximumPollers, {maximum}");
        return Err(Located::value(node.line, "MinimumPollers", minimum, expected));
    }
    Ok(Some(Pollers { minimum, maximum }))
}

fn refuse_error_controls(properties: &Properties<'_>, of: &str) -> Result<()> {
    for name in PROVISIONED_ONLY {
        if let Some(node) = properties.get(name)? {
            return Err(Located::unsupported(
                node.line,
                format!("{name} of {of} without ProvisionedPollerConfig, as Lambda does not"),
                "add ProvisionedPollerConfig or remove it",
            ));
        }
    }
    Ok(())
}

/// -1 means without limit.
fn limited(value: Option<i64>) -> Option<u32> {
    value.and_then(|value| u32::try_from(value).ok())
}

fn record_age(properties: &Properties<'_>) -> Result<Option<Duration>> {
    const NAME: &str = "MaximumRecordAgeInSeconds";
    let Some(value) = properties.integer(NAME, -1..=604_800)? else { return Ok(None) };
    if (0..60).contains(&value) {
        let line = properties.required(NAME)?.line;
        return Err(Located::value(line, NAME, value, "-1 or a whole number from 60 to 604800"));
    }
    Ok(limited(Some(value)).map(|seconds| Duration::from_secs(seconds.into())))
}

fn reports_item_failures(properties: &Properties<'_>) -> Result<bool> {
    let Some(types) = properties.get("FunctionResponseTypes")? else { return Ok(false) };
    match types.list("FunctionResponseTypes")? {
        [] => Ok(false),
        [only] if only.text("FunctionResponseTypes")? == "ReportBatchItemFailures" => Ok(true),
        _ => Err(Located::kind(types.line, "FunctionResponseTypes", "[ReportBatchItemFailures]")),
    }
}

/// Where Lambda writes what it gives up on: an ARN, or a topic of the same cluster.
fn on_failure(scope: &Scope<'_>, properties: &Properties<'_>, provisioned: bool) -> Result<Option<String>> {
    const EXPECTED: &str = "the ARN of an SQS queue, SNS topic or S3 bucket (no FIFO), or kafka://topic";
    let Some(config) = properties.get("DestinationConfig")? else { return Ok(None) };
    let destinations =
        Properties::new(scope, config.map("DestinationConfig")?, "DestinationConfig", config.line);
    destinations.only(&["OnFailure"], &[])?;
    let Some(node) = destinations.get("OnFailure")? else { return Ok(None) };
    let on_failure = Properties::new(scope, node.map("OnFailure")?, "OnFailure", node.line);
    // Type only tells SAM which permission to add to the role.
    on_failure.only(&["Destination"], &["Type"])?;
    let destination = on_failure.required("Destination")?;
    let text = destination.text("Destination")?;
    let kafka = text.strip_prefix("kafka://").is_some_and(|topic| !topic.is_empty());
    if kafka && !provisioned {
        let construct = "a kafka:// destination without ProvisionedPollerConfig, as Lambda does not";
        return Err(Located::unsupported(destination.line, construct, "add ProvisionedPollerConfig"));
    }
    let service = text.strip_prefix("arn:aws:").and_then(|rest| rest.split(':').next());
    let fifo = text.to_ascii_lowercase().ends_with(".fifo");
    if kafka || (matches!(service, Some("sqs" | "sns" | "s3")) && !fifo) {
        return Ok(Some(text.to_owned()));
    }
    Err(Located::value(destination.line, "Destination", text, EXPECTED))
}
