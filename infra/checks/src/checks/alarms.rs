//! Every queue and function, the brokers and the e-mail service have alarms that notify an SNS topic of the platform,
//! also when mappings report no lag.

use serde_json::Value;

use crate::finding::Finding;
use crate::roles::functions;
use crate::template::Resource;
use crate::values::texts;
use crate::variants::Deployment;

/// A metric that must have an alarm, and the highest threshold that the alarm may have.
struct Wanted<'a> {
    at: &'a str,
    namespace: &'static str,
    metric: &'static str,
    dimension: Option<(&'static str, &'a str)>,
    at_most: f64,
}

/// How many records a mapping may be behind: the thresholds of the warning and of the critical alarm.
const LAG: [f64; 2] = [1_000.0, 10_000.0];
const DEAD_LETTERS: f64 = 100.0;
/// Per cent of the timeout.
const DURATION: f64 = 90.0;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let functions = functions(deployment);
    let platform_file = deployment.platform.file();
    let mut wanted = platform(&platform_file);
    for (id, queue) in deployment.templates().flat_map(|it| it.of_kind("AWS::SQS::Queue")) {
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
            wanted.push(Wanted { at: function.binary, namespace: "AWS/Lambda", metric, dimension, at_most });
        }
    }
    let alarms: Vec<_> = deployment.templates().flat_map(|it| it.of_kind("AWS::CloudWatch::Alarm")).collect();
    let mut found: Vec<_> = wanted.iter().filter(|it| !has_alarm(&alarms, it)).map(lacking).collect();
    let topics: Vec<_> =
        deployment.platform.of_kind("AWS::SNS::Topic").map(|(_, it)| it.arn.as_str()).collect();
    let tells =
        |alarm: &Resource, actions| texts(&alarm.properties[actions]).iter().any(|it| topics.contains(it));
    for (id, alarm) in &alarms {
        if !tells(alarm, "AlarmActions") {
            found.push(Finding::new(
                *id,
                "notifies no one: none of its actions is an SNS topic of the platform",
            ));
        }
    }
    // A mapping that does not poll reports no lag.
    for lag in wanted.iter().filter(|it| it.metric == "OffsetLag" && it.at_most <= LAG[0]) {
        let silence_is_told = alarms.iter().any(|(_, alarm)| {
            alarm.properties["TreatMissingData"] == "missing"
                && tells(alarm, "InsufficientDataActions")
                && metrics(&alarm.properties).into_iter().any(|it| is_about(it, lag))
        });
        if !silence_is_told {
            let problem = "has no alarm on mappings that do not poll: no alarm acts on missing OffsetLag";
            found.push(Finding::new(lag.at, problem));
        }
    }
    found
}

fn platform(file: &str) -> Vec<Wanted<'_>> {
    let metric =
        |namespace, metric, at_most| Wanted { at: file, namespace, metric, dimension: None, at_most };
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
    Finding::new(*at, format!("has no alarm on {namespace} {metric} at {at_most} or below"))
}

/// Whether an alarm watches the metric and fires at the wanted value. The lag has a separate alarm for each of its values.
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

fn rises(alarm: &Resource) -> bool {
    alarm.properties["ComparisonOperator"].as_str().is_some_and(|it| it.starts_with("GreaterThan"))
}

/// An alarm's metrics: the one that it watches, or those in its expression.
pub fn metrics(alarm: &Value) -> Vec<&Value> {
    let computed = alarm["Metrics"].as_array().into_iter().flatten().map(|it| &it["MetricStat"]["Metric"]);
    computed.chain([alarm]).collect()
}

/// A metric's dimension of this name.
pub fn dimension<'a>(metric: &'a Value, name: &str) -> Option<&'a str> {
    let mut dimensions = metric["Dimensions"].as_array()?.iter();
    dimensions.find(|it| it["Name"] == name)?["Value"].as_str()
}

fn is_about(metric: &Value, wanted: &Wanted<'_>) -> bool {
    metric["Namespace"] == wanted.namespace
        && metric["MetricName"] == wanted.metric
        && wanted.dimension.is_none_or(|(name, value)| dimension(metric, name) == Some(value))
}
