//! `AWS::Lambda::EventSourceMapping`, in the function's template or in another one.

use tidings_trigger::{EventSource, StartingPosition};

use super::super::Template;
use super::{assert_refused, mapping, notices, read, settings, with_function};

/// A function F and a mapping M from MSK with `properties` (indented by six, from line 14).
fn with_resource(properties: &str) -> String {
    with_function(&format!(
        "  M:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: arn:aws:kafka:us-east-1:000000000000:cluster/c/1
      Topics: [t]
      StartingPosition: LATEST
{properties}"
    ))
}

#[test]
fn a_function_is_found_by_every_form_of_its_name() {
    let more = "  A: {Type: AWS::Lambda::Alias, Properties: {Name: live, FunctionName: !Ref F, FunctionVersion: '1'}}\n";
    let names = [
        "!Ref F",
        "F",
        "F:live",
        "!GetAtt F.Arn",
        "!Sub '${F.Arn}:live'",
        "!Ref A",
        "!Ref F.Alias",
        "000000000000:function:F",
        "arn:aws:lambda:us-east-1:000000000000:function:F:3",
    ];
    for name in names {
        let mapping = mapping(&(with_resource(&format!("      FunctionName: {name}\n")) + more));
        assert_eq!((mapping.function.as_str(), mapping.id.as_str()), ("F", "F-t"), "{name}");
    }
}

#[test]
fn an_msk_mapping_is_read() {
    let text = with_resource(
        "      FunctionName: !Ref F
      AmazonManagedKafkaEventSourceConfig: {ConsumerGroupId: !Sub '${AWS::StackName}-g'}
      BatchSize: 7
      SourceAccessConfigurations: [{Type: SASL_SCRAM_512_AUTH, URI: !Ref Secret}]
      Tags: []
",
    );
    let mapping = mapping(&text);
    assert_eq!(mapping.source, EventSource::Msk("arn:aws:kafka:us-east-1:000000000000:cluster/c/1".into()));
    assert_eq!((mapping.consumer_group_id.as_str(), mapping.batch_size), ("local-g", 7));
}

/// As in AWS's sample amazon-msk-appsync-datadistribution-blog.
#[test]
fn a_mapping_without_a_starting_position_starts_at_the_oldest_record() {
    let text = with_resource("      FunctionName: !Ref F\n").replace("      StartingPosition: LATEST\n", "");
    assert_eq!(mapping(&text).starting_position, StartingPosition::TrimHorizon);
    let what = "mapping M has no StartingPosition; reading from TRIM_HORIZON";
    assert_eq!(notices(&text), [(8, what.to_owned())]);
}

#[test]
fn a_self_managed_mapping_is_read() {
    let text = with_resource(
        "      FunctionName: !Ref F
      SelfManagedEventSource: {Endpoints: {KafkaBootstrapServers: ['a:1']}}
      SelfManagedKafkaEventSourceConfig: {ConsumerGroupId: g, ConsumptionMode: Stream}
",
    )
    .replace("      EventSourceArn: arn:aws:kafka:us-east-1:000000000000:cluster/c/1\n", "");
    let read = mapping(&text);
    assert_eq!(read.source, EventSource::SelfManagedKafka(vec!["a:1".into()]));
    assert_eq!(read.consumer_group_id, "g");
    assert_refused(&text.replace("Mode: Stream", "Mode: Queue"), 15, "ConsumptionMode Queue");
}

#[test]
fn the_cluster_may_be_imported_from_another_stack() {
    let text = with_resource("      FunctionName: !Ref F\n")
        .replace("arn:aws:kafka:us-east-1:000000000000:cluster/c/1", "!ImportValue cluster");
    let EventSource::Msk(arn) = mapping(&text).source else { panic!("not from MSK") };
    assert!(arn.contains(":cluster/cluster/"), "{arn}");
}

#[test]
fn mappings_from_other_sources_lead_to_notices() {
    let sources = [
        "arn:aws:sqs:us-east-1:000000000000:q",
        "arn:aws:kinesis:us-east-1:000000000000:stream/s",
        "!GetAtt T.StreamArn",
        "!GetAtt K.Arn",
    ];
    for source in sources {
        let text = with_function(&format!(
            "  M:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {{FunctionName: elsewhere, EventSourceArn: {source}, Queues: [q], TumblingWindowInSeconds: 3}}
  K: {{Type: AWS::Kinesis::Stream}}
  T:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{{AttributeName: k, KeyType: HASH}}]
      AttributeDefinitions: [{{AttributeName: k, AttributeType: S}}]
"
        ));
        let notices = notices(&text);
        assert_eq!(notices.len(), 2, "{source}: {notices:?}");
        assert_eq!(notices[1], (11, "K of type AWS::Kinesis::Stream".to_owned()));
        assert!(notices[0].0 == 8 && notices[0].1.starts_with("the mapping M from "), "{notices:?}");
    }
}

#[test]
fn errors_name_the_fault_and_its_line() {
    let cases = [
        ("      FunctionName: G\n", 8, "no function G"),
        ("      FunctionName: !Ref G\n", 14, "no parameter or resource G"),
        ("", 8, "mapping M lacks FunctionName"),
        ("      FunctionName: F\n      ParallelizationFactor: 3\n", 15, "ParallelizationFactor of mapping M"),
        ("      FunctionName: F\n      ConsumerGroupId: g\n", 15, "ConsumerGroupId of mapping M"),
        ("      FunctionName: F\n      BatchSize: 0\n", 15, "BatchSize of mapping M is 0"),
        (
            "      FunctionName: F\n      AmazonManagedKafkaEventSourceConfig: {SchemaRegistryConfig: {}}\n",
            15,
            "SchemaRegistryConfig, which would change payloads",
        ),
        (
            "      FunctionName: F\n      AmazonManagedKafkaEventSourceConfig: {ConsumerGroupId: !ImportValue g}\n",
            15,
            "Fn::ImportValue of g",
        ),
    ];
    for (properties, line, part) in cases {
        assert_refused(&with_resource(properties), line, part);
    }
    let long =
        with_resource("      FunctionName: F\n").replacen("Runtime:", "Timeout: 841\n      Runtime:", 1);
    assert_refused(&long, 7, "at most 840 for a function with a Kafka mapping");
}

/// Reads two templates, `one.yaml` and `two.yaml`.
fn read_both(one: &str, two: &str) -> Result<Template, super::TemplateError> {
    let folder = tempfile::tempdir().unwrap();
    let files = [("one.yaml", one), ("two.yaml", two)].map(|(name, text)| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    });
    Template::read(&files, &settings(&[]))
}

#[test]
fn a_mapping_may_be_in_a_template_before_the_functions() {
    let mapping = "Resources:
  M:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: arn:aws:lambda:us-east-1:000000000000:function:F
      EventSourceArn: !ImportValue cluster
      AmazonManagedKafkaEventSourceConfig: {ConsumerGroupId: g}
      Topics: [t]
      StartingPosition: LATEST
";
    let event = with_function("").replace("Resources:", "Resources:\n  Q: {Type: AWS::SQS::Queue}");
    for template in [read_both(mapping, &event), read_both(&event, mapping)] {
        let functions = template.unwrap().functions;
        assert_eq!(functions[0].mappings[0].consumer_group_id, "g");
    }
    let error = read_both(mapping, "Resources: {}").unwrap_err().to_string();
    assert!(error.contains("one.yaml:2: there is no function F"), "{error}");
}

#[test]
fn consumer_groups_must_be_unique_across_all_forms_of_mappings() {
    let text = with_resource("      FunctionName: F\n");
    let both = text
        + "  N:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref F
      EventSourceArn: arn:aws:kafka:us-east-1:000000000000:cluster/c/1
      AmazonManagedKafkaEventSourceConfig: {ConsumerGroupId: F-t}
      Topics: [u]
      StartingPosition: LATEST
";
    assert_refused(&both, 15, "the consumer group F-t is defined twice");
    assert!(read(&both.replace("ConsumerGroupId: F-t", "ConsumerGroupId: g"), &[]).is_ok());
}

#[test]
fn a_topic_of_two_templates_is_refused_with_both_files() {
    let topic = "Resources:
  T: {Type: AWS::MSK::Topic, Properties: {ClusterArn: c, TopicName: orders, PartitionCount: 3, ReplicationFactor: 3}}
";
    let error = read_both(topic, topic).unwrap_err().to_string();
    assert!(error.contains("two.yaml:2: the Kafka topic orders is already defined in "), "{error}");
    assert!(error.contains("one.yaml; remove or rename one"), "{error}");
}
