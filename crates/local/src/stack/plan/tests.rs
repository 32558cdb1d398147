use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use tidings_template::KafkaTopic;

use super::*;

/// A template whose function reads `orders`, with this failure destination.
fn template(on_failure: &str) -> Template {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("template.yaml");
    let text = format!(
        "Transform: AWS::Serverless-2016-10-31
Parameters:
  Brokers: {{Type: String}}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Metadata: {{BuildProperties: {{Binary: orders}}}}
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: .
      Environment: {{Variables: {{BROKERS: !Ref Brokers}}}}
      Events:
        Placed:
          Type: MSK
          Properties:
            Stream: arn:aws:kafka:us-east-1:000000000000:cluster/shop/x
            Topics: [orders]
            StartingPosition: LATEST
            ProvisionedPollerConfig: {{}}
            DestinationConfig: {{OnFailure: {{Destination: \"{on_failure}\"}}}}
"
    );
    fs::write(&file, text).unwrap();
    read(&project(file), "broker:9092", "http://aws:1").unwrap()
}

fn project(file: PathBuf) -> Project {
    Project {
        templates: vec![file],
        parameters: [("Brokers".to_owned(), format!("{BROKERS},other:9092"))].into(),
        partitions: 3,
        ..Project::default()
    }
}

fn topic(name: &str, partitions: i32) -> TopicSpec {
    TopicSpec { name: name.to_owned(), partitions }
}

#[test]
fn the_brokers_address_is_inserted_into_parameters() {
    assert_eq!(template("kafka://failures").functions[0].environment["BROKERS"], "broker:9092,other:9092");
}

#[test]
fn topics_that_are_not_declared_have_the_default_number_of_partitions() {
    let mut template = template("kafka://failures");
    let project = project(PathBuf::new());
    assert_eq!(kafka_topics(&project, &template), [topic("orders", 3), topic("failures", 3)]);
    template.kafka_topics.push(KafkaTopic { name: "orders".to_owned(), partitions: 12 });
    assert_eq!(kafka_topics(&project, &template), [topic("orders", 12), topic("failures", 3)]);
}

#[test]
fn a_failure_destination_of_another_stack_needs_aws_and_is_created() {
    let mut cases = [
        (template("kafka://failures"), None, [0, 0, 0]),
        (template("arn:aws:sqs:us-east-1:000000000000:failures"), Some("failures"), [1, 0, 0]),
        (template("arn:aws:sns:us-east-1:000000000000:failures"), Some("failures"), [0, 1, 0]),
        (template("arn:aws:s3:::failures"), Some("failures"), [0, 0, 1]),
    ];
    for (template, need, counts) in &mut cases {
        assert_eq!(aws_need(template).is_some(), need.is_some());
        assert!(aws_need(template).unwrap_or_default().contains(need.unwrap_or_default()));
        // Adding it again must make no difference.
        add_failure_destinations(template);
        add_failure_destinations(template);
        let there = [template.queues.len(), template.notification_topics.len(), template.buckets.len()];
        assert_eq!(there, *counts);
        assert!(template.queues.iter().all(|queue| queue.name == "failures"));
    }
}

#[test]
fn the_error_for_a_template_without_kafka_triggers_includes_the_notices() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("template.yaml");
    fs::write(&file, "Resources:\n  Web: {Type: AWS::Serverless::Api}\n").unwrap();
    let error = plan(&Project { parameters: [].into(), ..project(file.clone()) }).unwrap_err().to_string();
    let note = format!("\nnote: {}:2: ignored Web of type AWS::Serverless::Api", file.display());
    assert!(error.contains("is triggered by Kafka; add") && error.ends_with(&note), "{error}");
}
