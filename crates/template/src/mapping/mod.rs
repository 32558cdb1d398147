//! Reads event source mappings, which are events of a serverless function or separate resources.

mod access;
mod destination;
mod filters;
mod observability;
mod resource;
mod source;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tidings_trigger::{Mapping, Pollers, StartingPosition};

pub(super) use resource::read_resource;
pub(super) use source::Form;

use super::error::{Located, Result};
use super::properties::Properties;
use super::scope::Scope;
use super::topics::check_kafka_topic;
use super::yaml::{Entry, Node};

/// Properties of provisioned mappings only (AWS Lambda developer guide, "Configuring error handling controls for
/// Kafka event sources").
const PROVISIONED_ONLY: [&str; 4] = [
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "FunctionResponseTypes",
];
/// Properties of every form of mapping. SAM's documentation of `SelfManagedKafka` omits
/// `MaximumBatchingWindowInSeconds`, but its transform passes it on.
const EVALUATED: [&str; 11] = [
    "Topics",
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "StartingPosition",
    "StartingPositionTimestamp",
    "Enabled",
    "ProvisionedPollerConfig",
    "DestinationConfig",
    "FilterCriteria",
    "LoggingConfig",
    "MetricsConfig",
];

/// Reads the mapping in `entries`. Errors call it `of`.
pub(super) fn read(
    scope: &Scope<'_>,
    form: Form,
    entries: &[Entry],
    of: &str,
    line: usize,
    function: &str,
) -> Result<Mapping> {
    let properties = Properties::new(scope, entries, of, line);
    let evaluated = [EVALUATED.as_slice(), &PROVISIONED_ONLY, source::evaluated(form)].concat();
    properties.only(&evaluated, source::meaningless_here(form))?;
    access::check(scope, form, &properties)?;
    let (source, group) = source::read(scope, form, &properties)?;
    let position = starting_position(scope, form, &properties)?;
    let defaults = Mapping::new(function, &topic(&properties)?, source, position);
    let provisioned = pollers(&properties)?;
    if provisioned.is_none() {
        refuse_error_controls(&properties, of)?;
    }
    Ok(Mapping {
        batch_size: batch_size(&properties)?.unwrap_or(defaults.batch_size),
        batching_window: batching_window(&properties)?.unwrap_or(defaults.batching_window),
        enabled: properties.boolean("Enabled")?.unwrap_or(defaults.enabled),
        maximum_retry_attempts: limited(properties.integer("MaximumRetryAttempts", -1..=10_000)?),
        maximum_record_age: record_age(&properties)?,
        bisect_on_function_error: properties.boolean("BisectBatchOnFunctionError")?.unwrap_or(false),
        report_batch_item_failures: reports_item_failures(&properties)?,
        on_failure: destination::on_failure(&properties, &defaults.topic, provisioned.is_some())?,
        filters: filters::read(scope, &properties, of)?,
        log_level: observability::log_level(scope, &properties, provisioned.is_some())?,
        metrics: observability::metrics(&properties)?,
        consumer_group_id: group.unwrap_or(defaults.consumer_group_id),
        provisioned,
        ..defaults
    })
}

fn batch_size(properties: &Properties<'_>) -> Result<Option<usize>> {
    let size = properties.count("BatchSize", 1..=10_000)?;
    Ok(size.map(|size| size as usize))
}

fn batching_window(properties: &Properties<'_>) -> Result<Option<Duration>> {
    let window = properties.count("MaximumBatchingWindowInSeconds", 0..=300)?;
    Ok(window.map(|seconds| Duration::from_secs(seconds.into())))
}

fn topic(properties: &Properties<'_>) -> Result<String> {
    let topics = properties.required("Topics")?;
    let [topic] = topics.list("Topics")? else {
        return Err(Located::kind(topics.line, "Topics", "a list of exactly one topic"));
    };
    let name = topic.text("Topics")?;
    check_kafka_topic("Topics", name, topic.line)?;
    Ok(name.to_owned())
}

/// Chosen: without `StartingPosition`, a Kafka mapping starts at the oldest record. Lambda's behaviour is not
/// documented, but AWS deploys templates without it (<https://github.com/aws/serverless-application-model>,
/// `integration/resources/templates/combination/function_with_self_managed_kafka.yaml`). SAM's translator rejects an
/// MSK event without it, although SAM's documentation does not require it.
fn starting_position(scope: &Scope<'_>, form: Form, properties: &Properties<'_>) -> Result<StartingPosition> {
    let Some(position) = properties.get("StartingPosition")? else {
        let but = if form == Form::Msk { "; SAM rejects an MSK event without one" } else { "" };
        let what = format!("{} has no StartingPosition; reading from TRIM_HORIZON{but}", properties.of());
        scope.note(properties.line(), what);
        return Ok(StartingPosition::TrimHorizon);
    };
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

/// Seconds since 1970, possibly with a fraction.
fn timestamp(node: &Node) -> Result<Timestamp> {
    let text = node.text("StartingPositionTimestamp")?;
    let since_epoch =
        text.parse().ok().and_then(|seconds: f64| SignedDuration::try_from_secs_f64(seconds).ok());
    since_epoch.and_then(|duration| Timestamp::UNIX_EPOCH.checked_add(duration).ok()).ok_or_else(|| {
        Located::value(node.line, "StartingPositionTimestamp", text, "seconds since 1970-01-01T00:00:00Z")
    })
}

fn pollers(properties: &Properties<'_>) -> Result<Option<Pollers>> {
    let Some(node) = properties.get("ProvisionedPollerConfig")? else { return Ok(None) };
    let config = properties.inner("ProvisionedPollerConfig", &node)?;
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
                format!("{name} of {of} without ProvisionedPollerConfig (nor does Lambda)"),
                "add ProvisionedPollerConfig or remove it",
            ));
        }
    }
    Ok(())
}

/// -1 means no limit.
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
