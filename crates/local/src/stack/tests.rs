use std::fs;

use super::*;

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      PackageType: Image
      Events:
        Placed: {Type: MSK, Properties: {Stream: 'arn:aws:kafka:x', Topics: [placed], StartingPosition: LATEST}}
        Paid: {Type: MSK, Properties: {Stream: 'arn:aws:kafka:x', Topics: [paid], StartingPosition: LATEST}}
";

/// Options for the template in `folder`, with an Invoke API on which nothing listens.
fn options(folder: &Path) -> StackOptions {
    let file = folder.join("template.yaml");
    fs::write(&file, TEMPLATE).unwrap();
    StackOptions {
        project: Project { templates: vec![file], partitions: 1, ..Project::default() },
        runtimes: Runtimes::default(),
        broker: BrokerKind::Embedded,
        aws: AwsKind::Absent,
        invoke_endpoint: Some("http://127.0.0.1:9".to_owned()),
        progress: Arc::new(|_| {}),
        on_line: Arc::new(|_, _| {}),
        on_report: Arc::new(|_| {}),
        observer: Arc::new(|_, _| Arc::new(|_| {})),
    }
}

#[tokio::test]
async fn an_image_needs_an_invoke_api() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path());
    Stack::start(options.clone()).await.unwrap().stop().await;
    let refused = Stack::start(StackOptions { invoke_endpoint: None, ..options }).await;
    let error = refused.err().unwrap().to_string();
    assert!(error.contains("Orders has PackageType Image (line 7 "), "{error}");
}

#[tokio::test]
async fn the_id_of_a_panicking_mapping_is_returned() {
    let folder = tempfile::tempdir().unwrap();
    let options = StackOptions {
        observer: Arc::new(|_, mapping| {
            let panics = mapping.topic == "paid";
            Arc::new(move |_| assert!(!panics, "on purpose"))
        }),
        ..options(folder.path())
    };
    let mut stack = Stack::start(options).await.unwrap();
    let id = tokio::time::timeout(Duration::from_mins(1), stack.mapping_ended()).await.unwrap();
    assert!(id.starts_with("Orders") && id.ends_with("paid"), "{id}");
    stack.stop().await;
}
