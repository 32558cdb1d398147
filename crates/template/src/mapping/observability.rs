//! A mapping's logging and metrics.

use std::collections::BTreeSet;

use tidings_trigger::{LogLevel, MetricGroup};

use super::super::error::{Located, Result};
use super::super::properties::Properties;
use super::super::scope::Scope;

/// `LoggingConfig.SystemLogLevel`. Mappings log only in provisioned mode (AWS Lambda developer guide, "Kafka event
/// source mapping logging"). Chosen: in on-demand mode it is ignored, because Lambda is not documented to reject it.
pub(super) fn log_level(
    scope: &Scope<'_>,
    properties: &Properties<'_>,
    provisioned: bool,
) -> Result<Option<LogLevel>> {
    let Some(node) = properties.get("LoggingConfig")? else { return Ok(None) };
    let config = properties.inner("LoggingConfig", &node)?;
    config.only(&["SystemLogLevel"], &[])?;
    let Some((text, line)) = config.text("SystemLogLevel")? else { return Ok(None) };
    let level = match text.as_str() {
        "WARN" => LogLevel::Warn,
        "INFO" => LogLevel::Info,
        "DEBUG" => LogLevel::Debug,
        _ => return Err(Located::value(line, "SystemLogLevel", text, "WARN, INFO or DEBUG")),
    };
    if !provisioned {
        scope.notice(line, "SystemLogLevel, because Lambda logs nothing without ProvisionedPollerConfig");
    }
    Ok(provisioned.then_some(level))
}

/// `MetricsConfig.Metrics`.
pub(super) fn metrics(properties: &Properties<'_>) -> Result<BTreeSet<MetricGroup>> {
    let Some(node) = properties.get("MetricsConfig")? else { return Ok(BTreeSet::new()) };
    let config = properties.inner("MetricsConfig", &node)?;
    config.only(&["Metrics"], &[])?;
    let Some(metrics) = config.get("Metrics")? else { return Ok(BTreeSet::new()) };
    let group = |name: &str, line| match name {
        "EventCount" => Ok(MetricGroup::EventCount),
        "ErrorCount" => Ok(MetricGroup::ErrorCount),
        "KafkaMetrics" => Ok(MetricGroup::KafkaMetrics),
        _ => Err(Located::value(line, "Metrics", name, "EventCount, ErrorCount or KafkaMetrics")),
    };
    metrics.list("Metrics")?.iter().map(|metric| group(metric.text("Metrics")?, metric.line)).collect()
}
