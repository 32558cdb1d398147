//! Queues, tables, buckets and topics: supported ones are read, others lead to notices.

use super::super::{KafkaTopic, NotificationTopic, Table};
use super::{assert_refused, function, mapping, notices, read, with_mapping, with_trigger};

#[test]
fn unknown_properties_of_stores_lead_to_notices() {
    let text = "Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: {maxReceiveCount: 3, deadLetterTargetArn: !GetAtt Dead.Arn}
      VisibilityTimeout: 30
      DelaySeconds: 5
  B: {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: {}}}
  T:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{AttributeName: k, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: k, AttributeType: S}]
      GlobalSecondaryIndexes: []
";
    let template = read(text, &[]).unwrap();
    assert_eq!((template.queues.len(), template.buckets.len(), template.tables.len()), (1, 1, 1));
    let expected = [
        (5, "RedrivePolicy of queue Q"),
        (7, "DelaySeconds of queue Q"),
        (8, "NotificationConfiguration of bucket B"),
        (14, "GlobalSecondaryIndexes of table T"),
    ];
    assert_eq!(notices(text), expected.map(|(line, what)| (line, what.to_owned())));
}

/// Most logical ids have capitals, which S3 rejects.
#[test]
fn a_bucket_without_a_name_gets_a_valid_one() {
    let bucket = |id: &str| {
        let text = format!("Resources: {{{id}: {{Type: AWS::S3::Bucket}}}}\n");
        read(&text, &[]).unwrap().buckets.remove(0).name
    };
    assert_eq!(bucket("FailedEvents"), "local-failedevents");
    assert_eq!(bucket("B"), "local-b");
    assert_eq!(bucket(&"x".repeat(200)).len(), 63);
    for name in ["Failed", "ab", "a_b"] {
        let text =
            format!("Resources:\n  B: {{Type: AWS::S3::Bucket, Properties: {{BucketName: {name}}}}}\n");
        assert_refused(&text, 2, "3 to 63 lower-case letters");
    }
}

#[test]
fn unsupported_stores_lead_to_notices() {
    let text = "Resources:
  Q: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true, ContentBasedDeduplication: true}}
  S: {Type: AWS::SNS::Topic, Properties: {FifoTopic: true}}
  N: {Type: AWS::SQS::Queue, Properties: {QueueName: !ImportValue name}}
  T:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{AttributeName: k, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: k, AttributeType: N}]
";
    let template = read(text, &[]).unwrap();
    assert!(template.queues.is_empty() && template.tables.is_empty());
    assert!(template.notification_topics.is_empty());
    let expected = [
        (2, "Q, because of the FIFO queue Q"),
        (3, "S, because of the FIFO topic S"),
        (4, "N, because of Fn::ImportValue of name"),
        (9, "T, because of a key of type N"),
    ];
    assert_eq!(notices(text), expected.map(|(line, what)| (line, what.to_owned())));
}

#[test]
fn simple_tables_have_sams_key() {
    let text = "Resources:
  A: {Type: AWS::Serverless::SimpleTable}
  B: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: b, PrimaryKey: {Name: k, Type: String}}}
  C: {Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: {Name: k, Type: Number}}}
";
    let table = |name: &str, key: &str| Table {
        name: name.to_owned(),
        partition_key: key.to_owned(),
        sort_key: None,
        ttl_attribute: None,
    };
    assert_eq!(read(text, &[]).unwrap().tables, [table("A", "id"), table("b", "k")]);
    assert_eq!(notices(text), [(4, "C, because of a key of type Number".to_owned())]);
}

const TOPICS: &str =
    "  Alerts: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub 'alerts-${AWS::Region}', DisplayName: x}}
  Cluster: {Type: AWS::MSK::Cluster, Properties: {ClusterName: c}}
  Orders:
    Type: AWS::MSK::Topic
    Properties: {ClusterArn: !Ref Cluster, TopicName: orders, PartitionCount: 12, ReplicationFactor: 3}
";

#[test]
fn topics_of_both_kinds_are_read() {
    let text = with_trigger(
        "      Environment:
        Variables:
          REF: !Ref Alerts
          ARN: !GetAtt Alerts.TopicArn
          NAME: !GetAtt Alerts.TopicName
          ORDERS: !Ref Orders
          ORDERS_ARN: !GetAtt Orders.TopicArn
",
    ) + TOPICS;
    let template = read(&text, &[]).unwrap();
    assert_eq!(template.notification_topics, [NotificationTopic { name: "alerts-us-east-1".to_owned() }]);
    assert_eq!(template.kafka_topics, [KafkaTopic { name: "orders".to_owned(), partitions: 12 }]);
    assert!(template.notices.is_empty(), "{:?}", template.notices);
    let environment = function(&text).environment;
    let arn = "arn:aws:sns:us-east-1:000000000000:alerts-us-east-1";
    assert_eq!((environment["REF"].as_str(), environment["ARN"].as_str()), (arn, arn));
    assert_eq!(environment["NAME"], "alerts-us-east-1");
    let orders = "arn:aws:kafka:us-east-1:000000000000:topic/c/00000000-0000-0000-0000-000000000000-1/orders";
    assert_eq!((environment["ORDERS"].as_str(), environment["ORDERS_ARN"].as_str()), (orders, orders));
}

#[test]
fn faults_in_topics_are_reported() {
    let with = |from: &str, to: &str| format!("Resources:\n{TOPICS}").replace(from, to);
    assert_refused(&with("PartitionCount: 12, ", ""), 4, "topic Orders lacks PartitionCount");
    assert_refused(&with("PartitionCount: 12", "PartitionCount: 0"), 6, "from 1 to 10000");
    assert_refused(&with("TopicName: orders, ", ""), 4, "topic Orders lacks TopicName");
    assert_refused(&with("TopicName: orders", "TopicName: a b"), 6, "TopicName is a b");
    assert_refused(&with("PartitionCount", "Partitions"), 6, "does not support Partitions of topic Orders");
    let twice = with("", "") + &TOPICS[TOPICS.find("  Orders").unwrap()..].replace("Orders", "More");
    assert_refused(&twice, 7, "the Kafka topic orders is defined twice");
    let configs = |text: &str| {
        notices(&with("ReplicationFactor: 3", &format!("ReplicationFactor: 3, Configs: {text}")))
    };
    assert_eq!(configs(r#"!Base64 "retention.ms=1000\nretention.bytes = 5\n""#), []);
    let compacted = [(6, "cleanup.policy in Configs of topic Orders".to_owned())];
    assert_eq!(configs(r#"!Base64 "retention.ms=1000\ncleanup.policy=compact""#), compacted);
    assert_eq!(configs("Y2xlYW51cC5wb2xpY3k9Y29tcGFjdA=="), compacted);
    assert_eq!(configs("'?'"), [(6, "Configs of topic Orders".to_owned())]);
}

fn on_failure(destination: &str) -> String {
    with_mapping(&format!(
        "            DestinationConfig: {{OnFailure: {{Type: SNS, Destination: {destination}}}}}
  Alerts: {{Type: AWS::SNS::Topic}}
  Fifo: {{Type: AWS::SNS::Topic, Properties: {{FifoTopic: true}}}}
  Queue: {{Type: AWS::SQS::Queue, Properties: {{FifoQueue: true}}}}
"
    ))
}

#[test]
fn only_standard_queues_and_topics_may_be_failure_destinations() {
    let alerts = "arn:aws:sns:us-east-1:000000000000:Alerts";
    assert_eq!(mapping(&on_failure("!Ref Alerts")).on_failure.as_deref(), Some(alerts));
    let china = "arn:aws-cn:sqs:cn-north-1:1:q";
    assert_eq!(mapping(&on_failure(china)).on_failure.as_deref(), Some(china));
    for fifo in ["!Ref Fifo", "!GetAtt Queue.Arn"] {
        assert_refused(&on_failure(fifo), 15, "no FIFO");
    }
    assert_refused(&on_failure("!ImportValue dead"), 15, "Fn::ImportValue of dead");
}
