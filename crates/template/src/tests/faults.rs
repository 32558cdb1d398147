//! Invalid templates: each error names the line and says what to do.

use std::fmt::Write as _;
use std::path::Path;

use super::super::Template;
use super::foreign::PYTHON;
use super::{assert_refused, read, refused, settings, with_function, with_mapping, with_trigger};

#[test]
fn mappings_outside_lambdas_limits_are_rejected_with_their_line() {
    const POLLERS: &str = "            ProvisionedPollerConfig: {MaximumPollers: 5}\n";
    let cases = [
        (
            "BatchSize: 0",
            "BatchSize of event E of function F is 0, but must be a whole number from 1 to 10000",
        ),
        ("BatchSize: 10001", "from 1 to 10000"),
        ("BatchSize: many", "from 1 to 10000"),
        ("BatchSize: [1]", "BatchSize must be a single value"),
        ("MaximumBatchingWindowInSeconds: 301", "from 0 to 300"),
        ("MaximumBatchingWindowInSeconds: 0.5", "from 0 to 300"),
        ("ConsumerGroupId: a b", "ConsumerGroupId is a b"),
        ("Enabled: maybe", "true or false"),
        ("MaximumRetryAttempts: 3", "without ProvisionedPollerConfig"),
        ("MaximumRecordAgeInSeconds: 60", "without ProvisionedPollerConfig"),
        ("BisectBatchOnFunctionError: true", "without ProvisionedPollerConfig"),
        ("FunctionResponseTypes: [ReportBatchItemFailures]", "without ProvisionedPollerConfig"),
        ("SchemaRegistryConfig: {SchemaRegistryURI: r}", "which would change payloads"),
        ("ConsumptionMode: Stream", "does not support ConsumptionMode of event E"),
        ("LoggingConfig: {SystemLogLevel: ERROR}", "WARN, INFO or DEBUG"),
        ("LoggingConfig: {LogLevel: INFO}", "does not support LogLevel of LoggingConfig of event E"),
        ("MetricsConfig: {Metrics: [OffsetLag]}", "EventCount, ErrorCount or KafkaMetrics"),
        ("BatchSise: 3", "does not support BatchSise"),
        ("ProvisionedPollerConfig: {MinimumPollers: 0}", "from 1 to 200"),
        ("ProvisionedPollerConfig: {MinimumPollers: 201, MaximumPollers: 300}", "from 1 to 200"),
        ("ProvisionedPollerConfig: {MaximumPollers: 2001}", "from 1 to 2000"),
        ("ProvisionedPollerConfig: {MinimumPollers: 9, MaximumPollers: 2}", "at most MaximumPollers, 2"),
        ("DestinationConfig: {OnFailure: {Destination: 'kafka://t'}}", "without ProvisionedPollerConfig"),
        ("DestinationConfig: {OnFailure: {Destination: nowhere}}", "the ARN of an SQS queue"),
        ("DestinationConfig: {OnFailure: {Destination: 'arn:aws:sqs:r:1:q.fifo'}}", "no FIFO"),
        ("DestinationConfig: {OnFailure: {Destination: 'arn:aws:sns:r:1:t.FIFO'}}", "no FIFO"),
        (
            "DestinationConfig: {OnFailure: {Destination: 'arn:aws:lambda:r:1:function:f'}}",
            "the ARN of an SQS",
        ),
        ("DestinationConfig: {OnSuccess: {}}", "does not support OnSuccess"),
    ];
    for (property, part) in cases {
        assert_refused(&with_mapping(&format!("            {property}\n")), 15, part);
    }
    let provisioned = [
        ("DestinationConfig: {OnFailure: {Destination: 'kafka://t'}}", "would come back to the mapping"),
        ("DestinationConfig: {OnFailure: {Destination: 'kafka://'}}", "the topic of Destination is '', but"),
        ("DestinationConfig: {OnFailure: {Destination: 'kafka://..'}}", "not starting with a dot"),
        ("DestinationConfig: {OnFailure: {Destination: 'kafka://a/b'}}", "not starting with a dot"),
        ("DestinationConfig: {OnFailure: {Destination: 'arn:aws:sqs:us-east-1:1:'}}", "the resource of"),
        ("DestinationConfig: {OnFailure: {Destination: 'arn:aws:s3:::bucket/a'}}", "the resource of"),
        ("DestinationConfig: {OnFailure: {Destination: 'arn:aws:sqs'}}", "the ARN of an SQS queue"),
        ("MaximumRetryAttempts: 10001", "from -1 to 10000"),
        ("MaximumRecordAgeInSeconds: 59", "-1 or a whole number from 60 to 604800"),
        ("FunctionResponseTypes: [Other]", "[ReportBatchItemFailures]"),
    ];
    for (property, part) in provisioned {
        assert_refused(&with_mapping(&format!("{POLLERS}            {property}\n")), 16, part);
    }
    let text = with_mapping("");
    assert_refused(&text.replace("[t]", "[t, u]"), 13, "exactly one topic");
    assert_refused(&text.replace("TRIM_HORIZON", "EARLIEST"), 14, "TRIM_HORIZON, LATEST or AT_TIMESTAMP");
    assert_refused(&text.replace("TRIM_HORIZON", "AT_TIMESTAMP"), 9, "lacks StartingPositionTimestamp");
    assert_refused(&text.replace("Type: MSK", "Type: Msk"), 10, "an event of type Msk");
    assert_refused(&text.replace("Topics: [t]", "Queues: [t]"), 13, "does not support Queues");
    assert_refused(
        &text.replace("Type: MSK", "Condition: C\n          Type: MSK"),
        10,
        "Condition of event E",
    );
    assert_refused(&text.replace("        E:\n", "        Fn::If:\n"), 9, "Fn::If for Events");
}

#[test]
fn invalid_kafka_topic_names_are_rejected_with_their_line() {
    let long = "t".repeat(250);
    for name in ["''", ".", "..", ".t", "a b", "a/b", "ü", &long] {
        assert_refused(&with_mapping("").replace("[t]", &format!("[{name}]")), 13, "1 to 249 letters");
        let declared = with_function(&format!(
            "  T:
    Type: AWS::MSK::Topic
    Properties:
      ClusterArn: c
      PartitionCount: 1
      TopicName: {name}
"
        ));
        assert_refused(&declared, 13, "1 to 249 letters");
    }
}

#[test]
fn functions_that_cannot_run_locally_are_rejected() {
    let cases = [
        ("Timeout: 901", "from 1 to 900"),
        ("MemorySize: 64", "from 128 to 10240"),
        ("Layer: [x]", "does not support Layer of function F"),
        ("Timout: 5", "correct its spelling"),
        ("PackageType: Tar", "Zip or Image"),
        ("Environment: {Variables: {A: [1]}}", "A must be a single value"),
        ("CodeUri: {Bucket: !Ref Nowhere, Key: code.zip}", "no parameter or resource Nowhere"),
        ("FunctionName: a.b", "FunctionName"),
    ];
    for (property, part) in cases {
        let line = if property.starts_with("FunctionName") { 3 } else { 8 };
        assert_refused(&with_trigger(&format!("      {property}\n")), line, part);
    }
    let text = with_function("");
    assert_refused(&text.replace("provided.al2023", "python3.14"), 3, "function F lacks Handler");
    assert_refused(&text.replace("      Runtime: provided.al2023\n", ""), 3, "function F lacks Runtime");
    assert_refused(
        &with_mapping("      Timeout: 841\n"),
        15,
        "at most 840 for a function with a Kafka mapping",
    );
}

#[test]
fn unsupported_constructs_are_rejected_if_they_have_an_effect() {
    let cases = [
        ("Resources: {A: {Type: AWS::Lambda::EventSourceMapping}}", 1, "mapping A lacks FunctionName"),
        ("Resources: {A: {Properties: {}}}", 1, "A lacks Type"),
        ("Resources: {A: {Type: AWS::SQS::Queue, Propertys: {}}}", 1, "Propertys"),
        ("Resources: {'Fn::ForEach::Loop': [a, b, {}]}", 1, "needs the transform AWS::LanguageExtensions"),
        ("Globals: {Functions: {Timeout: 3}}\nResources: {}", 1, "Functions in Globals"),
        ("Resource: {}", 1, "the section Resource"),
        ("Description: empty", 1, "lacks Resources"),
        ("Resources: {}\n---\nResources: {}", 2, "second YAML document"),
        ("Parameters: {P: {Type: Text, Default: x}}\nResources: {}", 1, "the parameter type Text"),
    ];
    for (text, line, part) in cases {
        assert_refused(text, line, part);
    }
    let cases = [
        ("!GetAZs us-east-1", "Fn::GetAZs"),
        ("!FindInMap [a, b, c]", "no mapping a.b.c"),
        ("!Ref Nothing", "no parameter or resource Nothing"),
        ("!GetAtt F.Version", "attribute Version of F"),
        ("!GetAtt F", "Fn::GetAtt must be Resource.Attribute"),
        ("!Sub '${Open'", "every ${ is closed"),
        ("!If [Nowhere, a, b]", "no condition Nowhere"),
        ("!If [Nowhere, a]", "a condition and two values"),
        ("!Join [a]", "a delimiter and a list"),
        ("!!binary aGk=", "the tag"),
    ];
    for (expression, part) in cases {
        assert_refused(
            &with_trigger(&format!("      Environment: {{Variables: {{V: {expression}}}}}\n")),
            8,
            part,
        );
    }
}

#[test]
fn parameters_are_checked() {
    let text = "Parameters:
  Mode: {Type: String, AllowedValues: [a, b]}
  Count: {Type: Number, Default: 3, MinValue: 1, MaxValue: 5}
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}
Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Mode}}}
";
    assert_eq!(read(text, &[("Mode", "a")]).unwrap().queues[0].name, "a", "nothing needs the subnets");
    assert_eq!(
        refused(text, &[]),
        (
            2,
            "parameter Mode has no default and no given value; set it with --parameter Mode=VALUE".to_owned()
        )
    );
    assert_eq!(
        refused(text, &[("Mode", "c")]),
        (2, "parameter Mode is c, but must be one of a, b".to_owned())
    );
    assert_eq!(refused(text, &[("Mode", "a"), ("Count", "x")]).0, 3);
    assert_eq!(
        refused(text, &[("Mode", "a"), ("Count", "6")]),
        (3, "parameter Count is 6, but must be at most 5".to_owned())
    );
    let error = read(text, &[("Mode", "a"), ("Modus", "b")]).unwrap_err().to_string();
    assert_eq!(error, "no template has a parameter Modus; the parameters are: Count, Mode, Subnets");
}

#[test]
fn invalid_yaml_is_rejected_with_its_line() {
    assert_refused("Resources:\n  A: [1, 2\n", 3, "invalid YAML");
    assert_refused("Resources:\n  A: {}\n  A: {}\n", 3, "A is defined twice");
    for nothing in ["", "# only a comment\n", "\u{feff}", "---\n"] {
        assert_refused(nothing, 1, "the template lacks Resources");
    }
    assert_refused("- a\n", 1, "a template must be a map");
    assert_refused("Resources: {? [a] : b}\n", 1, "a key must be a single value");
    assert_refused("Resources:\n  A: {<<: {}}\n", 2, "merge key");
}

#[test]
fn a_path_or_file_that_is_not_a_template_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let error = |file: &Path| Template::read(&[file.to_owned()], &settings(&[])).unwrap_err().to_string();
    let missing = error(Path::new("/nowhere/template.yaml"));
    assert!(missing.starts_with("/nowhere/template.yaml: No such file"), "{missing}");
    for no_file in [folder.path(), Path::new("/dev/null")] {
        assert!(
            error(no_file).ends_with(
                "is not a file; give the path of a template, e.g. of template.yaml in that folder"
            )
        );
    }
    let file = folder.path().join("template.yaml");
    let text = "# Café\nResources: {}\n";
    let latin_1 = b"Resources: {}\n# Caf\xe9\n".to_vec();
    let utf_16 = text.encode_utf16().flat_map(u16::to_le_bytes);
    for (bytes, line) in [(latin_1, 2), ([0xff, 0xfe].into_iter().chain(utf_16).collect(), 1)] {
        std::fs::write(&file, bytes).unwrap();
        let error = error(&file);
        let expected =
            format!("{}:{line}: the template cannot be used: this line is not UTF-8", file.display());
        assert!(error.starts_with(&expected), "{error}");
    }
}

#[test]
fn names_must_be_unique() {
    let text = "Resources:
  A: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
  B: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
";
    assert_refused(text, 3, "the queue q is defined twice");
    let twice = with_mapping("").replace(
        "        E:\n",
        "        D:
          Type: MSK
          Properties: {Stream: s, Topics: [u], StartingPosition: LATEST, ConsumerGroupId: F-t}
        E:\n",
    );
    assert_refused(&twice, 12, "the consumer group F-t is defined twice");
}

#[test]
fn templates_that_expand_beyond_the_limits_are_rejected() {
    let laughs = "A: &a [x]\nB: &b [*a, *a]\nResources: {}\n";
    assert_refused(laughs, 1, "anchors and aliases");
    assert_refused(&format!("Resources: {}", "[".repeat(200)), 1, "levels of nesting");
    assert_refused(&"#".repeat(1024 * 1024 + 1), 1, "bytes");

    let mut chain = "Resources: {}\nConditions:\n".to_owned();
    for at in 0..20_000 {
        writeln!(chain, "  C{at}: !Condition C{}", at + 1).unwrap();
    }
    let text = chain.replace("Resources: {}", "Resources: {Q: {Type: AWS::SQS::Queue, Condition: C0}}");
    assert!(refused(&text, &[]).1.contains("references in a chain"));

    let mut doubling = "Resources:\n".to_owned();
    for at in 0..40 {
        let name = format!("'${{Q{0}}}${{Q{0}}}'", at + 1);
        writeln!(doubling, "  Q{at}: {{Type: AWS::S3::Bucket, Properties: {{BucketName: !Sub {name}}}}}")
            .unwrap();
    }
    doubling.push_str("  Q40: {Type: AWS::S3::Bucket, Properties: {BucketName: longer}}\n");
    assert!(refused(&doubling, &[]).1.contains("characters in one value"));
}

#[test]
fn circular_references_are_rejected() {
    let conditions = "Conditions: {A: !Condition B, B: !Not [!Condition A]}
Resources: {Q: {Type: AWS::SQS::Queue, Condition: A}}
";
    assert_refused(conditions, 1, "refers to itself");
    let names = "Resources:
  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt B.QueueName}}
  B: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt A.QueueName}}
";
    assert_refused(names, 3, "refers to itself");
}

proptest::proptest! {
    /// A real template with a part removed or text inserted gives a template or an error.
    #[test]
    fn a_damaged_template_does_not_panic(own: bool, at in 0_usize..100_000, cut in 0_usize..200, put in "[-:!{}\\[\\]&*'\"#|> \n\ta-zRef]{0,12}") {
        let text = if own { include_str!("../../../../examples/library/infra/library.yaml") } else { PYTHON };
        let at = at % text.len();
        let (from, to) = (at, (at + cut).min(text.len()));
        let damaged = [&text.as_bytes()[..from], put.as_bytes(), &text.as_bytes()[to..]].concat();
        let _ = read(&String::from_utf8_lossy(&damaged), &[("KafkaClusterArn", "c"), ("PortalUrl", "u")]);
    }
}
