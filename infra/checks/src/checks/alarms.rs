//! Every queue and function, the brokers and the e-mail service have their alarms, and these tell somebody; also when
//! mappings tell nothing.

use serde_json::Value;

use super::Finding;
use crate::roles::functions;
use crate::template::Resource;
use crate::values::{number, texts};
use crate::variants::Deployment;

/// A metric that must have an alarm: on what, under which names, and from which value on at the latest.
struct Wanted<'a> {
    at: &'a str,
    namespace: &'static str,
    metric: &'static str,
    dimension: Option<(&'static str, &'a str)>,
    at_most: f64,
}

/// Records a mapping may be behind: a warning, and an alarm.
const LAG: [f64; 2] = [1_000.0, 10_000.0];
const DEAD_LETTERS: f64 = 100.0;
/// Per cent of the timeout.
const DURATION: f64 = 90.0;
/// After which an alarm is too late; what SES and SNS tell comes by the hour.
const LATEST_SECONDS: i64 = 3_600;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let functions = functions(deployment);
    let mut wanted = platform();
    for (id, queue) in deployment.functions.of_kind("AWS::SQS::Queue") {
        let dimension = Some(("QueueName", queue.name.as_str()));
        let metric = "ApproximateNumberOfMessagesVisible";
        wanted.push(Wanted { at: id, namespace: "AWS/SQS", metric, dimension, at_most: DEAD_LETTERS });
    }
    for function in &functions {
        let metrics = [
            ("Errors", 1.0),
            ("Throttles", 1.0),
            ("Duration", DURATION),
            ("OffsetLag", LAG[0]),
            ("OffsetLag", LAG[1]),
        ];
        for (metric, at_most) in metrics {
            let dimension = Some(("FunctionName", function.resource.name.as_str()));
            wanted.push(Wanted { at: function.id, namespace: "AWS/Lambda", metric, dimension, at_most });
        }
    }
    let alarms: Vec<_> = deployment.templates().flat_map(|it| it.of_kind("AWS::CloudWatch::Alarm")).collect();
    let mut found: Vec<_> = wanted.iter().filter(|it| !has_alarm(&alarms, it)).map(lacking).collect();
    let topics: Vec<_> =
        deployment.platform.of_kind("AWS::SNS::Topic").map(|(_, it)| it.arn.as_str()).collect();
    let tells =
        |alarm: &Resource, actions| texts(&alarm.properties[actions]).iter().any(|it| topics.contains(it));
    for (id, alarm) in &alarms {
        found.extend(blind_spots(deployment, alarm).into_iter().map(|it| Finding::new(*id, it)));
        if !tells(alarm, "AlarmActions") {
            found.push(Finding::new(*id, "tells nobody: no topic of the platform is among its actions"));
        }
    }
    // A mapping that does not poll has no lag to tell.
    for lag in wanted.iter().filter(|it| it.metric == "OffsetLag" && it.at_most <= LAG[0]) {
        let silence_is_told = alarms.iter().any(|(_, alarm)| {
            alarm.properties["TreatMissingData"] == "missing"
                && tells(alarm, "InsufficientDataActions")
                && metrics(&alarm.properties).into_iter().any(|it| is_about(it, lag))
        });
        if !silence_is_told {
            let problem = "tells nobody when its mappings do not poll: no alarm acts on missing OffsetLag";
            found.push(Finding::new(lag.at, problem));
        }
    }
    found
}

fn platform<'a>() -> Vec<Wanted<'a>> {
    let metric = |namespace, metric, at_most| Wanted {
        at: "platform.yaml",
        namespace,
        metric,
        dimension: None,
        at_most,
    };
    vec![
        // In per cent.
        metric("AWS/Kafka", "KafkaDataLogsDiskUsed", 85.0),
        metric("AWS/Kafka", "UnderReplicatedPartitions", 1.0),
        metric("AWS/Kafka", "UnderMinIsrPartitionCount", 0.0),
        metric("AWS/Kafka", "OfflinePartitionsCount", 0.0),
        // In per cent of the limit.
        metric("AWS/SNS", "SMSMonthToDateSpentUSD", 80.0),
        // SES reviews an account above these rates.
        metric("AWS/SES", "Reputation.BounceRate", 0.05),
        metric("AWS/SES", "Reputation.ComplaintRate", 0.001),
    ]
}

fn lacking(wanted: &Wanted<'_>) -> Finding {
    let Wanted { at, namespace, metric, at_most, .. } = wanted;
    Finding::new(*at, format!("has no alarm on {namespace} {metric} at {at_most} or before"))
}

/// Whether an alarm watches the metric and rings at the wanted value. Both values of the lag have an alarm of their own.
fn has_alarm(alarms: &[(&str, &Resource)], wanted: &Wanted<'_>) -> bool {
    alarms.iter().any(|(_, alarm)| {
        let threshold = alarm.properties["Threshold"]
            .as_f64()
            .or_else(|| alarm.properties["Threshold"].as_str()?.parse().ok());
        let rings = match threshold {
            Some(threshold) if wanted.metric == "OffsetLag" => (threshold - wanted.at_most).abs() < 0.5,
            Some(threshold) => threshold <= wanted.at_most,
            None => false,
        };
        rings && rises(alarm) && metrics(&alarm.properties).into_iter().any(|metric| is_about(metric, wanted))
    })
}

/// What an alarm does not see or sees too late.
fn blind_spots(deployment: &Deployment, alarm: &Resource) -> Vec<String> {
    let mut found = Vec::new();
    let properties = &alarm.properties;
    let parts: Vec<&Value> = properties["Metrics"].as_array().into_iter().flatten().collect();
    let expression = parts.iter().find_map(|it| it["Expression"].as_str()).unwrap_or_default();
    for part in &parts {
        let id = part["Id"].as_str().unwrap_or_default();
        if part["Expression"].is_null() && !expression.contains(id) {
            found.push(format!("measures {id} and does not look at it"));
        }
    }
    let stats = parts.iter().map(|it| &it["MetricStat"]).chain([properties]);
    for stat in stats {
        let seconds = number(&stat["Period"]).unwrap_or_default();
        if seconds * number(&properties["EvaluationPeriods"]).unwrap_or_default() > LATEST_SECONDS {
            found.push(format!("rings after more than {LATEST_SECONDS} s"));
        }
        let how = stat["Stat"].as_str().or_else(|| stat["Statistic"].as_str());
        if how.is_some_and(|it| !["Maximum", "Sum"].contains(&it)) {
            found.push(format!("looks at the {how:?}, in which the worst does not show"));
        }
    }
    for metric in metrics(properties).into_iter().filter(|it| it["Namespace"] == "AWS/Kafka") {
        let named = metric["Dimensions"].as_array().into_iter().flatten();
        let mut clusters = named.filter(|it| it["Name"] == "Cluster Name").map(|it| &it["Value"]);
        let ours =
            |name| deployment.platform.of_kind("AWS::MSK::Cluster").any(|(_, it)| name == it.name.as_str());
        if !clusters.next().is_some_and(ours) {
            found.push("watches another cluster than the platform's".to_owned());
        }
    }
    if properties["MetricName"] == "OfflinePartitionsCount" && properties["TreatMissingData"] != "breaching" {
        found.push("takes a cluster that tells nothing for a good one".to_owned());
    }
    for function in functions(deployment) {
        let timeout = number(&function.resource.properties["Timeout"]).unwrap_or_default();
        let lasts = |it: &&Value| {
            let metric = &it["MetricStat"]["Metric"];
            metric["MetricName"] == "Duration"
                && metric["Dimensions"][0]["Value"] == function.resource.name.as_str()
        };
        if parts.iter().any(lasts) && expression != format!("duration / {timeout} / 10") {
            found.push(format!("computes {expression}, which is not per cent of {timeout} s from ms"));
        }
    }
    let limit = deployment.platform.outputs.get("SmsMonthlySpendLimit").map_or("", String::as_str);
    let spends = parts.iter().any(|it| it["MetricStat"]["Metric"]["MetricName"] == "SMSMonthToDateSpentUSD");
    if spends && expression != format!("100 * spent / {limit}") {
        found.push(format!("computes {expression}, which is not per cent of {limit}"));
    }
    found
}

fn rises(alarm: &Resource) -> bool {
    alarm.properties["ComparisonOperator"].as_str().is_some_and(|it| it.starts_with("GreaterThan"))
}

/// An alarm's metrics: its own, or those that it computes with.
fn metrics(alarm: &Value) -> Vec<&Value> {
    let computed = alarm["Metrics"].as_array().into_iter().flatten().map(|it| &it["MetricStat"]["Metric"]);
    computed.chain([alarm]).collect()
}

fn is_about(metric: &Value, wanted: &Wanted<'_>) -> bool {
    let dimensions = metric["Dimensions"].as_array().map_or(&[][..], Vec::as_slice);
    let has_dimension =
        |(name, value)| dimensions.iter().any(|it| it["Name"] == name && it["Value"] == value);
    metric["Namespace"] == wanted.namespace
        && metric["MetricName"] == wanted.metric
        && wanted.dimension.is_none_or(has_dimension)
}
