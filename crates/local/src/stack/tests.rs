use std::fs;

use super::*;

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Events:
        Placed: {Type: MSK, Properties: {Stream: 'arn:aws:kafka:x', Topics: [placed], StartingPosition: LATEST}}
        Paid: {Type: MSK, Properties: {Stream: 'arn:aws:kafka:x', Topics: [paid], StartingPosition: LATEST}}
";

#[tokio::test]
async fn a_mapping_that_panics_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("template.yaml");
    fs::write(&file, TEMPLATE).unwrap();
    let options = StackOptions {
        project: Project { templates: vec![file], partitions: 1, ..Project::default() },
        runtimes: Runtimes::default(),
        broker: BrokerKind::Embedded,
        aws: AwsKind::Absent,
        invoke_endpoint: Some("http://127.0.0.1:9".to_owned()),
        progress: Arc::new(|_| {}),
        on_line: Arc::new(|_, _| {}),
        on_report: Arc::new(|_| {}),
        observer: Arc::new(|_, mapping| {
            let panics = mapping.topic == "paid";
            Arc::new(move |_| assert!(!panics, "as the test wants it"))
        }),
    };
    let mut stack = Stack::start(options).await.unwrap();
    let id = tokio::time::timeout(Duration::from_mins(1), stack.mapping_ended()).await.unwrap();
    assert!(id.starts_with("Orders") && id.ends_with("paid"), "{id}");
    stack.stop().await;
}
