//! Alarms watch all brokers, use the worst value, fire soon enough, and compute values in the unit of their threshold.

use serde_json::Value;

use super::alarms::{dimension, metrics};
use crate::finding::Finding;
use crate::roles::functions;
use crate::values::number;
use crate::variants::Deployment;

/// The longest time until an alarm fires. SES and SNS report their metrics hourly.
const LATEST_SECONDS: i64 = 3_600;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, alarm) in deployment.templates().flat_map(|it| it.of_kind("AWS::CloudWatch::Alarm")) {
        let problems = [
            statistics(&alarm.properties),
            brokers(deployment, &alarm.properties),
            computed(deployment, &alarm.properties),
        ];
        found.extend(problems.into_iter().flatten().map(|it| Finding::new(id, it)));
    }
    found
}

fn parts(alarm: &Value) -> impl Iterator<Item = &Value> + Clone {
    alarm["Metrics"].as_array().into_iter().flatten()
}

fn expression(alarm: &Value) -> &str {
    parts(alarm).find_map(|it| it["Expression"].as_str()).unwrap_or_default()
}

fn statistics(alarm: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let periods = number(&alarm["EvaluationPeriods"]).unwrap_or_default();
    for stat in parts(alarm).map(|it| &it["MetricStat"]).chain([alarm]) {
        if number(&stat["Period"]).unwrap_or_default() * periods > LATEST_SECONDS {
            found.push(format!("fires only after more than {LATEST_SECONDS} s"));
        }
        let how = stat["Stat"].as_str().or_else(|| stat["Statistic"].as_str());
        if how.is_some_and(|it| !["Maximum", "Sum"].contains(&it)) {
            found.push(format!("uses the statistic {how:?}, which hides the worst value"));
        }
    }
    found
}

fn brokers(deployment: &Deployment, alarm: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for metric in metrics(alarm).into_iter().filter(|it| it["Namespace"] == "AWS/Kafka") {
        let named = dimension(metric, "Cluster Name");
        if !deployment.platform.of_kind("AWS::MSK::Cluster").any(|(_, it)| named == Some(&it.name)) {
            found.push(format!("watches the cluster {named:?}, which is not the platform's"));
        }
    }
    let clusters = deployment.platform.of_kind("AWS::MSK::Cluster");
    let brokers = clusters.filter_map(|(_, it)| number(&it.properties["NumberOfBrokerNodes"])).sum();
    let is_watched = |broker: i64| {
        metrics(alarm).into_iter().any(|it| dimension(it, "Broker ID") == Some(&broker.to_string()))
    };
    if is_watched(1) && !(1..=brokers).all(is_watched) {
        found.push(format!("does not watch all {brokers} brokers"));
    }
    if alarm["MetricName"] == "OfflinePartitionsCount" && alarm["TreatMissingData"] != "breaching" {
        found.push(
            "treats a cluster without metrics as healthy; set TreatMissingData to breaching".to_owned(),
        );
    }
    found
}

fn computed(deployment: &Deployment, alarm: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let expression = expression(alarm);
    for id in parts(alarm).filter(|it| it["Expression"].is_null()).filter_map(|it| it["Id"].as_str()) {
        if !expression.contains(id) {
            found.push(format!("reads the metric {id} but does not use it in its expression"));
        }
    }
    if ["MIN(", "AVG("].iter().any(|it| expression.contains(it)) {
        found.push(format!("computes {expression}, which hides the worst value"));
    }
    let of = |name: &'static str| metrics(alarm).into_iter().find(move |it| it["MetricName"] == name);
    let duration = of("Duration").and_then(|it| dimension(it, "FunctionName"));
    for function in functions(deployment).iter().filter(|it| duration == Some(&it.resource.name)) {
        let timeout = number(&function.resource.properties["Timeout"]).unwrap_or_default();
        if expression != format!("duration / {timeout} / 10") {
            found.push(format!("computes {expression}, not a duration in ms as per cent of {timeout} s"));
        }
    }
    let limit = deployment.platform.outputs.get("SmsMonthlySpendLimit").map_or("", String::as_str);
    if of("SMSMonthToDateSpentUSD").is_some() && expression != format!("100 * spent / {limit}") {
        found.push(format!("computes {expression}, not per cent of {limit}"));
    }
    found
}
