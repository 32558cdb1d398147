//! A test of a template's mapping that is disabled and enabled again. The stack creates topics, for which the embedded
//! broker has no API.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidings_local::broker::BrokerKind;
use tidings_local::project::Project;
use tidings_local::runtimes::Runtimes;
use tidings_local::stack::{AwsKind, ObserverFactory, Stack, StackOptions};
use tidings_mapping::MappingEvent;

use crate::bench::{ARN, Bench, Reply, within};

/// The stack of a template with one mapping of the bench's topic.
async fn stack(bench: &Bench, enabled: bool, observer: ObserverFactory) -> Stack {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("template.yaml");
    let (topic, group) = (&bench.topic, bench.group("group"));
    let template = format!(
        "Transform: AWS::Serverless-2016-10-31
Parameters:
  Reads: {{Type: String}}
Resources:
  notify:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      Events:
        Made:
          Type: MSK
          Properties:
            Stream: {ARN}
            Topics: [{topic}]
            ConsumerGroupId: {group}
            StartingPosition: TRIM_HORIZON
            Enabled: !Ref Reads
"
    );
    std::fs::write(&file, template).unwrap();
    let options = StackOptions {
        project: Project {
            templates: vec![file],
            parameters: BTreeMap::from([("Reads".to_owned(), enabled.to_string())]),
            partitions: 2,
            ..Project::default()
        },
        runtimes: Runtimes::default(),
        broker: BrokerKind::External(bench.servers.clone()),
        aws: AwsKind::Absent,
        invoke_endpoint: Some(bench.endpoint.clone()),
        progress: Arc::new(|_| {}),
        on_line: Arc::new(|_, _| {}),
        on_report: Arc::new(|_| {}),
        observer,
    };
    Stack::start(options).await.unwrap()
}

#[tokio::test]
async fn a_disabled_mapping_does_not_poll_and_starts_at_the_beginning_once_enabled() {
    let mut bench = Bench::on_kafka(2, &[], [Reply::ok()]).await;
    bench.publish(0, "a").await;
    bench.publish(1, "b").await;
    let nobody: ObserverFactory = Arc::new(|_, mapping| panic!("{} was started", mapping.id));
    let disabled = stack(&bench, false, nobody).await;
    assert!(disabled.notices.iter().any(|notice| notice.contains("is disabled and does not poll")));
    assert_eq!(bench.committed("group", 0), None);

    let observer = bench.observer();
    let enabled = stack(&bench, true, Arc::new(move |_, _| Arc::clone(&observer))).await;
    let assigned = bench.event(|event| matches!(event, MappingEvent::Assigned(_))).await;
    assert_eq!(assigned, MappingEvent::Assigned(vec![0, 1]), "no other member is in the group");
    within(enabled.settled()).await.unwrap();
    let mut invoked = Vec::new();
    while invoked.len() < 2 {
        invoked.extend(bench.invoked().await);
    }
    invoked.sort_unstable();
    assert_eq!(invoked, [(0, 0), (1, 0)]);
    bench.no_more_invocations();
    enabled.stop().await;
    disabled.stop().await;
}
