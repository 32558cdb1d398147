//! Kafka events of serverless functions.

use std::collections::BTreeSet;

use tidings_trigger::{EventSource, LogLevel, Mapping, MetricGroup, StartingPosition};

use super::{assert_refused, function, mapping, notices, read, with_function, with_mapping};

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
fn a_self_managed_cluster_is_identified_by_its_brokers() {
    let mapping = mapping(&self_managed(
        "            ConsumerGroupId: g
            SecretsManagerKmsKeyId: k
            KmsKeyArn: !GetAtt Key.Arn
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
fn faults_in_self_managed_events_are_reported() {
    let text = self_managed("");
    let without = |line: &str| text.replace(&format!("            {line}\n"), "");
    assert_refused(&self_managed("            Stream: s\n"), 16, "does not support Stream of event E");
    assert_refused(
        &self_managed("            ConsumptionMode: Stream\n"),
        16,
        "does not support ConsumptionMode of event E",
    );
    assert_refused(
        &self_managed("            BisectBatchOnFunctionError: true\n"),
        16,
        "without Provisioned",
    );
    let servers = "KafkaBootstrapServers: ['a.example.com:9092', 'b.example.com:9092']";
    assert_refused(&without(servers), 9, "lacks KafkaBootstrapServers");
    assert_refused(&text.replace(servers, "KafkaBootstrapServers: []"), 12, "a list of host:port");
    let access = "SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: !Ref Secret}]";
    assert_refused(&without(access), 9, "lacks SourceAccessConfigurations");
}

#[test]
fn a_mapping_without_a_starting_position_starts_at_the_oldest_record() {
    let without =
        |text: &str, line: &str| text.replace(&format!("            StartingPosition: {line}\n"), "");
    let text = without(&self_managed(""), "LATEST");
    assert_eq!(mapping(&text).starting_position, StartingPosition::TrimHorizon);
    let what = "event E of function F has no StartingPosition; reading from TRIM_HORIZON";
    assert_eq!(notices(&text)[0], (9, what.to_owned()));
    let notice = read(&text, &[]).unwrap().notices.remove(0).to_string();
    assert!(notice.ends_with(&format!("template.yaml:9: {what}")), "{notice}");
    let msk = without(&with_mapping(""), "TRIM_HORIZON");
    assert_eq!(mapping(&msk).starting_position, StartingPosition::TrimHorizon);
    assert_eq!(notices(&msk), [(9, format!("{what}; SAM rejects an MSK event without one"))]);
}

#[test]
fn access_to_a_self_managed_cluster_is_checked_as_in_sam() {
    let with = |access: &str| self_managed("").replace("[{Type: BASIC_AUTH, URI: !Ref Secret}]", access);
    for access in [
        "[{Type: SASL_SCRAM_256_AUTH, URI: s}, {Type: SERVER_ROOT_CA_CERTIFICATE, URI: c}]",
        "[{Type: VPC_SUBNET, URI: !Ref Nowhere}, {Type: VPC_SUBNET, URI: b}, {Type: VPC_SECURITY_GROUP, URI: c}]",
        "[{Type: IAM_AUTH}]",
        "[!If [C, {Type: VPC_SUBNET, URI: a}, !Ref AWS::NoValue]]",
        "[{Type: !Ref Nowhere, URI: a}]",
        "!Ref Nowhere",
    ] {
        // The only notice is about the secret.
        assert_eq!(notices(&with(access)).len(), 1, "{access}");
    }
    for (access, part) in [
        ("[]", "lacks SourceAccessConfigurations"),
        ("BASIC_AUTH", "SourceAccessConfigurations must be a list"),
        ("{Type: BASIC_AUTH, URI: a}", "SourceAccessConfigurations must be a list"),
        ("[BASIC_AUTH]", "SourceAccessConfigurations must be a map"),
        ("[{URI: a}]", "an entry of SourceAccessConfigurations lacks Type"),
        (
            "[{Type: VIRTUAL_HOST, URI: a}]",
            "Type in SourceAccessConfigurations is VIRTUAL_HOST, but must be one of",
        ),
        ("[{Type: BASIC_AUTH, URI: ''}]", "BASIC_AUTH in SourceAccessConfigurations lacks URI"),
        ("[{Type: BASIC_AUTH, URI: [a]}]", "URI must be a single value"),
        ("!If [C, [], []]", "SourceAccessConfigurations must be a list"),
        ("[{Type: BASIC_AUTH}]", "BASIC_AUTH in SourceAccessConfigurations lacks URI"),
        (
            "[{Type: BASIC_AUTH, URI: a}, {Type: SASL_SCRAM_512_AUTH, URI: a}]",
            "SAM accepts only one type of authentication; remove SASL_SCRAM_512_AUTH",
        ),
        ("[{Type: VPC_SUBNET, URI: a}]", "with VPC_SUBNET lacks VPC_SECURITY_GROUP"),
        ("[{Type: VPC_SECURITY_GROUP, URI: a}]", "with VPC_SECURITY_GROUP lacks VPC_SUBNET"),
    ] {
        let line = if access == "[]" { 9 } else { 13 };
        assert_refused(&with(access), line, part);
    }
}

#[test]
fn access_types_that_msk_does_not_have_lead_to_notices() {
    let with = |access: &str| with_mapping(&format!("            SourceAccessConfigurations: {access}\n"));
    assert!(notices(&with("[{Type: SASL_SCRAM_512_AUTH, URI: s}]")).is_empty());
    let what = "BASIC_AUTH in SourceAccessConfigurations of event E of function F, which Lambda does not list for \
                Amazon MSK (SASL_SCRAM_512_AUTH, CLIENT_CERTIFICATE_TLS_AUTH)";
    assert_eq!(notices(&with("[{Type: BASIC_AUTH, URI: s}]")), [(15, what.to_owned())]);
    // SAM: "Type of property 'SourceAccessConfigurations' is invalid."
    assert_refused(&with("{Type: BASIC_AUTH, URI: s}"), 15, "SourceAccessConfigurations must be a list");
}

#[test]
fn a_topic_in_two_clusters_has_a_mapping_for_each() {
    let text = with_mapping("").replace(
        "      Events:\n",
        "      Events:
        Other:
          Type: MSK
          Properties: {Stream: !Ref C, Topics: [t], StartingPosition: LATEST}
",
    ) + "  C: {Type: AWS::MSK::Cluster}\n";
    let function = function(&text);
    let named = |mapping: &Mapping| (mapping.id.clone(), mapping.consumer_group_id.clone());
    let expected = ["F-t", "F-t-2"].map(|id| (id.to_owned(), id.to_owned()));
    assert_eq!(function.mappings.iter().map(named).collect::<Vec<_>>(), expected);
    let what = "all clusters share one local broker: function F gets each record of topic t once per cluster";
    assert_eq!(notices(&text), [(12, what.to_owned())]);
    let joined =
        text.replace("Topics: [t], StartingPosition: LATEST", "Topics: [t-2], StartingPosition: LATEST");
    assert!(read(&joined, &[]).is_ok());
    let same = text.replace("!Ref C", "arn:aws:kafka:us-east-1:000000000000:cluster/c/1");
    assert_refused(&same, 12, "the topic t for function F is defined twice");
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
fn every_reference_to_a_cluster_becomes_an_arn() {
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
fn only_the_cluster_may_be_imported_from_another_stack() {
    for (from, to) in [("Topics: [t]", "Topics: [!ImportValue t]"), ("TRIM_HORIZON", "!ImportValue t")] {
        let text = with_mapping("").replace(from, to);
        let line = if from.starts_with('T') && from.ends_with(']') { 13 } else { 14 };
        assert_refused(&text, line, "Fn::ImportValue of t; write the value itself here");
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
fn a_log_level_is_ignored_in_on_demand_mode() {
    let text = with_mapping("            LoggingConfig: {SystemLogLevel: WARN}\n");
    assert_eq!(mapping(&text).log_level, None);
    let what = "SystemLogLevel, because Lambda logs nothing without ProvisionedPollerConfig";
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
fn booleans_may_have_any_case_and_quotes() {
    for (text, expected) in [("True", true), ("FALSE", false), ("'false'", false)] {
        assert_eq!(mapping(&with_mapping(&format!("            Enabled: {text}\n"))).enabled, expected);
    }
}
