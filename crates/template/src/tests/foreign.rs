//! Templates as in other projects.

use tidings_trigger::EventSource;

use super::super::{NoticeKind, Template};
use super::{notices, read, refused, settings, with_function, with_mapping, with_trigger};

#[test]
fn other_events_and_resources_lead_to_notices_with_their_lines() {
    let text = with_function(
        "      Events:
        Nightly: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
        Jobs:
          Type: SQS
          Properties: {Queue: !GetAtt Elsewhere.Arn}
  Api: {Type: AWS::Serverless::HttpApi}
  Flow: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: x}}
  Nested: {Type: AWS::CloudFormation::Stack}
  Application: {Type: AWS::Serverless::Application, Properties: {Location: a.yaml}}
  Rule: {Type: AWS::Events::Rule}
  Role: {Type: AWS::IAM::Role}
  Secret: {Type: AWS::SecretsManager::Secret}
  Own: {Type: 'Custom::Anything'}
  Queues: {Type: AWS::SQS::QueuePolicy}
Outputs:
  Url: {Value: !Sub 'https://${ServerlessRestApi}.example.com'}
Rules: {R: {}}
Hooks: {}
",
    );
    let expected = [
        (9, "the event Nightly of type Schedule of function F"),
        (11, "the event Jobs of type SQS of function F"),
        (13, "Api of type AWS::Serverless::HttpApi"),
        (14, "Flow of type AWS::Serverless::StateMachine"),
        (15, "the nested stack Nested, whose template can be added with --template"),
        (16, "the nested stack Application, whose template can be added with --template"),
        (17, "Rule of type AWS::Events::Rule"),
        (19, "Secret of type AWS::SecretsManager::Secret"),
        (20, "Own of type Custom::Anything"),
        (24, "the section Rules"),
        (25, "the section Hooks"),
    ];
    assert_eq!(notices(&text), expected.map(|(line, what)| (line, what.to_owned())));
}

#[test]
fn unsupported_transforms_lead_to_notices() {
    let sam = "Transform: AWS::Serverless-2016-10-31";
    let text = |transform: &str| with_mapping("").replace(sam, transform);
    assert!(notices(&text("Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]")).is_empty());
    let macros = text("Transform: [AWS::Serverless-2016-10-31, Company]");
    assert_eq!(notices(&macros), [(1, "the transform Company".to_owned())]);
    let include = text("Transform: {Name: AWS::Include, Parameters: {Location: x}}");
    assert_eq!(notices(&include), [(1, "the transform AWS::Include".to_owned())]);
}

#[test]
fn a_systems_manager_parameter_becomes_its_name() {
    let text = "Parameters:
  Arn: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /kafka/topic}
  List: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: 'a,b'}
  Given: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /x}
Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Join ['-', [!Ref Given, !Select [1, !Ref List]]]}}}
";
    let template = read(text, &[("Given", "value")]).unwrap();
    assert_eq!(template.queues[0].name, "value-b");
    let told: Vec<_> = template.notices.iter().map(|notice| (notice.line, notice.what.as_str())).collect();
    let expected = [
        (2, "the Systems Manager value of parameter Arn; using its name instead"),
        (3, "the Systems Manager value of parameter List; using its name instead"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_parameter_that_only_identifies_an_aws_resource_needs_no_value() {
    let text = "Parameters:
  Cluster: {Type: String}
  Id: {Type: String}
  Brokers: {Type: CommaDelimitedList}
  KafkaSecretName: {Type: String}
  Subnet: {Type: AWS::EC2::Subnet::Id}
"
    .to_owned()
        + &with_trigger(
            "      CodeUri: {Bucket: !Ref Id, Key: k}
      Environment: {Variables: {SECRET: !Ref KafkaSecretName, SUBNET: !Ref Subnet}}
",
        )
        .replace(
            "arn:aws:kafka:us-east-1:000000000000:cluster/c/1",
            "!Sub 'arn:aws:kafka:x:1:cluster/${Cluster}/${Id}'",
        )
        + "        Own:
          Type: SelfManagedKafka
          Properties:
            KafkaBootstrapServers: !Ref Brokers
            SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: !Ref KafkaSecretName}]
            Topics: [own]
";
    let template = read(&text, &[]).unwrap();
    let function = &template.functions[0];
    assert_eq!(
        function.mappings[0].source,
        EventSource::Msk("arn:aws:kafka:x:1:cluster/Cluster/Id".to_owned())
    );
    assert_eq!(function.mappings[1].source, EventSource::SelfManagedKafka(vec!["Brokers".to_owned()]));
    assert_eq!(
        (&*function.environment["SECRET"], &*function.environment["SUBNET"]),
        ("KafkaSecretName", "Subnet")
    );
    let told: Vec<_> = template.notices.iter().map(|notice| (notice.line, notice.kind)).collect();
    assert_eq!(told[..5], (2..=6).map(|line| (line, NoticeKind::Note)).collect::<Vec<_>>());
    let what =
        "parameter Cluster has no value; using its name instead (set it with --parameter Cluster=VALUE)";
    assert_eq!(template.notices[0].what, what);
    let given = read(
        &text,
        &[("Cluster", "c"), ("Id", "i"), ("Brokers", "a:1,b:2"), ("KafkaSecretName", "s"), ("Subnet", "n")],
    );
    assert!(given.unwrap().notices.iter().all(|notice| notice.line > 6));
}

#[test]
fn a_parameter_in_a_clusters_name_needs_no_value() {
    let text = "Parameters: {Name: {Type: String}}\n".to_owned()
        + &with_mapping("").replace("arn:aws:kafka:us-east-1:000000000000:cluster/c/1", "!Ref C")
        + "  C: {Type: AWS::MSK::Cluster, Properties: {ClusterName: !Sub '${Name}-c'}}\n";
    let template = read(&text, &[]).unwrap();
    let EventSource::Msk(arn) = &template.functions[0].mappings[0].source else { panic!("a cluster of MSK") };
    assert!(arn.contains("cluster/Name-c/"), "{arn}");
    assert_eq!(template.notices.len(), 1);
}

#[test]
fn a_parameter_whose_value_matters_must_be_given() {
    let missing = "parameter X has no default and no given value; set it with --parameter X=VALUE";
    let with_parameter = |text: &str| "Parameters: {X: {Type: String}}\n".to_owned() + text;
    let mapped = with_mapping("");
    for text in [
        mapped.replace("[t]", "[!Ref X]"),
        mapped.replace("TRIM_HORIZON", "!Ref X"),
        with_mapping("            ConsumerGroupId: !Ref X\n"),
        with_mapping("            BatchSize: !Ref X\n"),
        with_mapping("            DestinationConfig: {OnFailure: {Destination: !Ref X}}\n"),
        with_trigger("      FunctionName: !Ref X\n"),
        with_trigger("      CodeUri: !Ref X\n"),
        with_trigger("      Environment: {Variables: {STAGE: !Ref X}}\n"),
        mapped
            .replace("arn:aws:kafka:us-east-1:000000000000:cluster/c/1", "!Select [1, !Split ['/', !Ref X]]"),
        mapped.clone() + "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${X}-q'}}\n",
        mapped + "  Q: {Type: AWS::SQS::Queue, Condition: C}\nConditions: {C: !Equals [!Ref X, a]}\n",
    ] {
        let (line, message) = refused(&with_parameter(&text), &[]);
        assert!(line == 1 || text.contains("Select"), "{line}: {text}");
        assert_eq!(message, missing, "{text}");
    }
    let with_arn = "Parameters: {TableArn: {Type: String}}\n".to_owned()
        + &with_trigger("      Environment: {Variables: {TABLE: !Ref TableArn}}\n");
    assert!(refused(&with_arn, &[]).1.contains("--parameter TableArn=VALUE"));
    // A stand-in must not hide other errors in the environment.
    let parameters = "Parameters: {Subnet: {Type: AWS::EC2::Subnet::Id}, X: {Type: String}}\n".to_owned();
    let beside = |value: &str| {
        parameters.clone()
            + &with_trigger(&format!("      Environment: {{Variables: {{A: !Ref Subnet, B: {value}}}}}\n"))
    };
    assert_eq!(refused(&beside("!Ref X"), &[]).1, missing);
    assert!(refused(&beside("!Ref Xx"), &[]).1.contains("no parameter or resource Xx"));
    for (name, declaration) in [
        ("ClusterMode", "{Type: String}"),
        ("SecretId", "{Type: Number}"),
        ("RoleName", "{Type: String, AllowedValues: [a]}"),
    ] {
        let text = format!("Parameters: {{{name}: {declaration}}}\n")
            + &with_trigger(&format!("      Environment: {{Variables: {{A: !Ref {name}}}}}\n"));
        assert!(refused(&text, &[]).1.contains(&format!("--parameter {name}=VALUE")), "{name}");
    }
}

/// A function without a Kafka trigger is not worth an error.
#[test]
fn a_function_without_a_trigger_needs_no_value_for_its_parameters() {
    let text = "Parameters: {Stage: {Type: String}}\n".to_owned()
        + &with_mapping("")
        + "  Web:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Environment: {Variables: {STAGE: !Ref Stage}}}
";
    let template = read(&text, &[]).unwrap();
    assert_eq!(template.functions.len(), 1);
    assert_eq!(notices(&text), [(1, "function Web, because parameter Stage has no value".to_owned())]);
}

#[test]
fn notices_are_in_the_order_of_files_and_lines() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["b.yaml", "a.yaml"].map(|name| folder.path().join(name));
    let text = with_function("      PackageType: Image\n  Api: {Type: AWS::Serverless::Api}\n");
    std::fs::write(&files[0], &text).unwrap();
    std::fs::write(&files[1], text.replace("  F:", "  G:")).unwrap();
    let notices = Template::read(&files, &settings(&[])).unwrap().notices;
    let places: Vec<_> = notices.into_iter().map(|notice| (notice.file, notice.line)).collect();
    let [first, second] = files;
    assert_eq!(places, [(first.clone(), 8), (first, 9), (second.clone(), 8), (second, 9)]);
}

/// A template in the style of `sam init` and AWS's documentation.
pub(super) const PYTHON: &str = "AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Parameters:
  VpcSubnets: {Type: 'List<AWS::EC2::Subnet::Id>'}
  KeyArn: {Type: String, NoEcho: true}
Mappings:
  Limits: {'us-east-1': {Batch: 50}}
Globals:
  Function:
    Timeout: 30
    Runtime: python3.13
    Layers: [!Sub 'arn:aws:lambda:${AWS::Region}:017000801446:layer:Powertools:1']
    VpcConfig: {SubnetIds: !Ref VpcSubnets}
  Api: {TracingEnabled: true}
Resources:
  Cluster:
    Type: AWS::MSK::Cluster
    Properties: {ClusterName: orders, BrokerNodeGroupInfo: {ClientSubnets: !Ref VpcSubnets}}
  Consumer:
    Type: AWS::Serverless::Function
    Connectors: {C: {Properties: {Destination: {Id: Table}, Permissions: [Write]}}}
    Properties:
      CodeUri: consumer/
      Handler: app.lambda_handler
      Environment: {Variables: {TABLE: !Ref Table, KEY: !Ref Key}}
      Policies: [DynamoDBCrudPolicy: {TableName: !Ref Table}]
      Events:
        Orders:
          Type: MSK
          Properties:
            Stream: !Ref Cluster
            Topics: [orders]
            StartingPosition: LATEST
            BatchSize: !FindInMap [Limits, !Ref AWS::Region, Batch]
  Web:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image}
  Table: {Type: AWS::Serverless::SimpleTable}
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: !Ref KeyArn}}
";

#[test]
fn a_python_projects_template_is_read_unchanged() {
    let template = read(PYTHON, &[]).unwrap();
    let consumer = &template.functions[0];
    assert_eq!((consumer.runtime.as_deref(), consumer.mappings[0].batch_size), (Some("python3.13"), 50));
    assert_eq!(
        (consumer.environment["TABLE"].as_str(), consumer.environment["KEY"].as_str()),
        ("Table", "Key")
    );
    let told: Vec<_> = template.notices.iter().map(|notice| (notice.line, notice.what.as_str())).collect();
    let expected = [
        (12, "Layers of function Consumer"),
        (25, "a reference to Key (AWS::KMS::Key) in the environment of function Consumer"),
        (37, "function Web, because of PackageType Image"),
    ];
    assert_eq!(told, expected);
}
