//! Kafka events of serverless functions.

use std::collections::BTreeSet;

use super::super::{EventSource, LogLevel, MetricGroup};
use super::{assert_refused, mapping, notices, read, with_function, with_mapping};

/// A template with an event of type `SelfManagedKafka`, to which `properties` (indented by twelve) are added.
fn self_managed(properties: &str) -> String {
    with_function(&format!(
        "      Events:
        E:
          Type: SelfManagedKafka
          Properties:
            KafkaBootstrapServers: ['a.example.com:9092', 'b.example.com:9092']
            SourceAccessConfigurations: [{{Type: BASIC_AUTH, URI: !Ref Secret}}]
            Topics: [t]
            StartingPosition: LATEST
{properties}  Secret: {{Type: AWS::SecretsManager::Secret}}
"
    ))
}

#[test]
fn a_self_managed_cluster_is_named_by_its_brokers() {
    let mapping = mapping(&self_managed(
        "            ConsumerGroupId: g
            SecretsManagerKmsKeyId: k
            KmsKeyArn: !GetAtt Key.Arn
            ConsumptionMode: Stream
            MaximumBatchingWindowInSeconds: 2
            ProvisionedPollerConfig: {MaximumPollers: 5}
            MaximumRetryAttempts: 3
            FunctionResponseTypes: [ReportBatchItemFailures]
",
    ));
    let brokers = ["a.example.com:9092", "b.example.com:9092"].map(str::to_owned);
    assert_eq!(mapping.source, EventSource::SelfManagedKafka(brokers.into()));
    assert_eq!((mapping.consumer_group_id.as_str(), mapping.batching_window.as_secs()), ("g", 2));
    assert_eq!(mapping.maximum_retry_attempts, Some(3));
    assert!(mapping.report_batch_item_failures);
}

#[test]
fn brokers_may_come_from_a_parameter() {
    let text = "Parameters: {Brokers: {Type: CommaDelimitedList, Default: 'a:1, b:2'}}\n".to_owned()
        + &self_managed("").replace("['a.example.com:9092', 'b.example.com:9092']", "!Ref Brokers");
    assert_eq!(mapping(&text).source, EventSource::SelfManagedKafka(vec!["a:1".into(), "b:2".into()]));
}

#[test]
fn faults_of_self_managed_events_are_named() {
    let text = self_managed("");
    let without = |line: &str| text.replace(&format!("            {line}\n"), "");
    assert_refused(&self_managed("            Stream: s\n"), 16, "does not support Stream of event E");
    assert_refused(&self_managed("            ConsumptionMode: Queue\n"), 16, "ConsumptionMode Queue");
    assert_refused(
        &self_managed("            BisectBatchOnFunctionError: true\n"),
        16,
        "without Provisioned",
    );
    let servers = "KafkaBootstrapServers: ['a.example.com:9092', 'b.example.com:9092']";
    assert_refused(&without(servers), 9, "lacks KafkaBootstrapServers");
    assert_refused(&text.replace(servers, "KafkaBootstrapServers: []"), 12, "a list of host:port");
    assert_refused(&without("StartingPosition: LATEST"), 9, "lacks StartingPosition");
    let access = "SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: !Ref Secret}]";
    assert_refused(&without(access), 9, "lacks SourceAccessConfigurations");
}

/// The source of an MSK event whose stream is `expression`.
fn source_of(expression: &str) -> String {
    let text = with_mapping("").replace(
        "Stream: arn:aws:kafka:us-east-1:000000000000:cluster/c/1",
        &format!("Stream: {expression}"),
    )
        + "  Cluster: {Type: AWS::MSK::Cluster, Properties: {ClusterName: !Sub 'payments-${AWS::Region}'}}
  Serverless: {Type: AWS::MSK::ServerlessCluster}
  Nested: {Type: AWS::CloudFormation::Stack}
";
    match mapping(&text).source {
        EventSource::Msk(arn) => arn,
        other @ EventSource::SelfManagedKafka(_) => panic!("{other:?}"),
    }
}

#[test]
fn clusters_have_arns_wherever_they_are_declared() {
    let arn = |name: &str| {
        format!("arn:aws:kafka:us-east-1:000000000000:cluster/{name}/00000000-0000-0000-0000-000000000000-1")
    };
    let cases = [
        ("arn:aws-cn:kafka:cn-north-1:1:cluster/c/1", "arn:aws-cn:kafka:cn-north-1:1:cluster/c/1".to_owned()),
        ("!Ref Cluster", arn("payments-us-east-1")),
        ("!GetAtt Cluster.Arn", arn("payments-us-east-1")),
        ("!Ref Serverless", arn("Serverless")),
        ("!GetAtt Serverless.Arn", arn("Serverless")),
        ("!ImportValue shared:ClusterArn", arn("shared-ClusterArn")),
        ("{'Fn::ImportValue': !Sub '${AWS::StackName}-cluster'}", arn("local-cluster")),
        ("!GetAtt Nested.Outputs.Cluster", arn("Nested-Outputs-Cluster")),
    ];
    for (expression, expected) in cases {
        assert_eq!(source_of(expression), expected, "{expression}");
    }
}

#[test]
fn only_the_cluster_may_be_another_stacks() {
    for (from, to) in [("Topics: [t]", "Topics: [!ImportValue t]"), ("TRIM_HORIZON", "!ImportValue t")] {
        let text = with_mapping("").replace(from, to);
        let line = if from.starts_with('T') && from.ends_with(']') { 13 } else { 14 };
        assert_refused(&text, line, "Fn::ImportValue of t; write here what it stands for");
    }
}

#[test]
fn logs_and_metrics_are_read() {
    const POLLERS: &str = "            ProvisionedPollerConfig: {MaximumPollers: 5}\n";
    let read = mapping(&with_mapping(&format!(
        "{POLLERS}            LoggingConfig: {{SystemLogLevel: DEBUG}}
            MetricsConfig: {{Metrics: [EventCount, KafkaMetrics]}}
"
    )));
    assert_eq!(read.log_level, Some(LogLevel::Debug));
    assert_eq!(read.metrics, BTreeSet::from([MetricGroup::EventCount, MetricGroup::KafkaMetrics]));
    let silent = mapping(&with_mapping(""));
    assert_eq!((silent.log_level, silent.metrics), (None, BTreeSet::new()));
}

#[test]
fn nothing_is_logged_in_on_demand_mode() {
    let text = with_mapping("            LoggingConfig: {SystemLogLevel: WARN}\n");
    assert_eq!(mapping(&text).log_level, None);
    let what = "SystemLogLevel without ProvisionedPollerConfig, where Lambda logs nothing";
    assert_eq!(notices(&text), [(15, what.to_owned())]);
}

#[test]
fn a_schema_registry_is_refused_unless_its_condition_removes_it() {
    let text = |condition: &str| {
        "Conditions: {Yes: !Equals [a, a], No: !Equals [a, b]}\n".to_owned()
            + &with_mapping(&format!(
                "            SchemaRegistryConfig: !If [{condition}, {{SchemaRegistryURI: !GetAtt R.Arn}}, !Ref AWS::NoValue]
  R: {{Type: AWS::Glue::Registry}}
"
            ))
    };
    assert_refused(&text("Yes"), 16, "SchemaRegistryConfig, which would change payloads");
    assert!(read(&text("No"), &[]).is_ok());
}

#[test]
fn booleans_are_written_as_yaml_has_them() {
    for (text, expected) in [("True", true), ("FALSE", false), ("'false'", false)] {
        assert_eq!(mapping(&with_mapping(&format!("            Enabled: {text}\n"))).enabled, expected);
    }
}
