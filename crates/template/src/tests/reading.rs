//! Constructs of `CloudFormation` and SAM.

use std::time::Duration;

use tidings_trigger::{Pollers, StartingPosition};

use super::{assert_refused, notices, read, with_function, with_mapping};

/// The environment variable V of a template's only function, where V is `expression`.
fn value_of(expression: &str, parameters: &[(&str, &str)]) -> Option<String> {
    let head = "Parameters:
  Stage: {Type: String, Default: local}
  Many: {Type: CommaDelimitedList, Default: 'a, b'}
Conditions:
  IsLocal: !Equals [!Ref Stage, local]
  IsOther:
    Fn::Not: [{Condition: IsLocal}]
  Either: !Or [!Condition IsLocal, Condition: IsOther]
  Both: !And [!Condition IsLocal, !Condition IsOther]
";
    let function = with_function(&format!(
        "      FunctionName: !Sub f-${{Stage}}
      Environment:
        Variables:
          V: {expression}
  Q:
    Type: AWS::SQS::Queue
    Properties: {{QueueName: !Sub '${{Stage}}-q'}}
  B: {{Type: AWS::S3::Bucket}}
  T:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: t
      KeySchema: [{{AttributeName: k, KeyType: HASH}}]
      AttributeDefinitions: [{{AttributeName: k, AttributeType: S}}]
"
    ));
    let template = read(&(head.to_owned() + &function), parameters).unwrap_or_else(|error| panic!("{error}"));
    template.functions[0].environment.get("V").cloned()
}

#[test]
fn functions_are_evaluated_in_short_and_long_form() {
    let cases = [
        ("plain", "plain"),
        ("12", "12"),
        ("true", "true"),
        ("''", ""),
        ("!Ref Stage", "local"),
        ("{Ref: Stage}", "local"),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Sub '${Stage}-${AWS::AccountId}-${AWS::Partition}'", "local-000000000000-aws"),
        ("{'Fn::Sub': '${Stage}'}", "local"),
        ("!Sub '${!Stage} ${Q.Arn}'", "${Stage} arn:aws:sqs:us-east-1:000000000000:local-q"),
        ("!Sub ['${A}/${Stage}', {A: !Ref T}]", "t/local"),
        ("!Ref Q", "http://127.0.0.1:4566/000000000000/local-q"),
        ("!GetAtt Q.QueueUrl", "http://127.0.0.1:4566/000000000000/local-q"),
        ("!GetAtt Q.QueueName", "local-q"),
        ("{'Fn::GetAtt': [Q, Arn]}", "arn:aws:sqs:us-east-1:000000000000:local-q"),
        ("!Ref B", "local-b"),
        ("!GetAtt B.Arn", "arn:aws:s3:::local-b"),
        ("!Ref T", "t"),
        ("!GetAtt T.Arn", "arn:aws:dynamodb:us-east-1:000000000000:table/t"),
        ("!Ref F", "f-local"),
        ("!GetAtt F.Arn", "arn:aws:lambda:us-east-1:000000000000:function:f-local"),
        ("!Join ['-', [a, !Ref Stage, c]]", "a-local-c"),
        ("!Join [',', !Ref Many]", "a,b"),
        ("!If [IsLocal, yes, no]", "yes"),
        ("{'Fn::If': [IsOther, yes, !Sub 'not ${Stage}']}", "not local"),
        ("!If [Either, !If [Both, both, one], none]", "one"),
    ];
    for (expression, expected) in cases {
        assert_eq!(value_of(expression, &[]).as_deref(), Some(expected), "{expression}");
    }
}

#[test]
fn no_value_removes_the_property() {
    assert_eq!(value_of("!If [IsOther, there, !Ref AWS::NoValue]", &[]), None);
}

#[test]
fn given_parameters_override_defaults() {
    assert_eq!(value_of("!Ref Stage", &[("Stage", "production")]).as_deref(), Some("production"));
    assert_eq!(value_of("!If [IsOther, 1, 2]", &[("Stage", "production")]).as_deref(), Some("1"));
}

#[test]
fn globals_are_merged_as_sam_merges_them() {
    let globals = "Globals:
  Function:
    Timeout: 7
    MemorySize: 512
    Environment: {Variables: {A: global, B: global, C: {Ref: AWS::Region}}}
";
    let own = with_function(
        "      Timeout: 9
      Environment: {Variables: {B: own, C: own}}
",
    );
    let function = read(&(globals.to_owned() + &own), &[]).unwrap().functions.remove(0);
    assert_eq!((function.timeout, function.memory_mb), (Duration::from_secs(9), 512));
    let environment: Vec<_> = function.environment.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(environment, ["A=global", "B=own", "C=own"]);
}

#[test]
fn unset_properties_have_lambdas_defaults() {
    let function = read(&with_mapping(""), &[]).unwrap().functions.remove(0);
    assert_eq!(function.name, "F");
    assert_eq!((function.timeout, function.memory_mb), (Duration::from_secs(3), 128));
    assert_eq!(function.reserved_concurrency, None);
    let mapping = &function.mappings[0];
    assert_eq!((mapping.id.as_str(), mapping.consumer_group_id.as_str()), ("F-t", "F-t"));
    assert_eq!((mapping.batch_size, mapping.batching_window), (100, Duration::from_millis(500)));
    assert_eq!(mapping.provisioned, None);
    assert_eq!((mapping.maximum_retry_attempts, mapping.maximum_record_age), (None, None));
    assert_eq!(mapping.on_failure, None);
    assert!(mapping.enabled && !mapping.report_batch_item_failures && !mapping.bisect_on_function_error);
}

#[test]
fn pollers_have_lambdas_defaults() {
    let cases = [("{}", 1, 200), ("{MinimumPollers: 200}", 200, 200), ("{MaximumPollers: 2000}", 1, 2000)];
    for (config, minimum, maximum) in cases {
        let text = with_mapping(&format!("            ProvisionedPollerConfig: {config}\n"));
        let mapping = read(&text, &[]).unwrap().functions.remove(0).mappings.remove(0);
        assert_eq!(mapping.provisioned, Some(Pollers { minimum, maximum }), "{config}");
    }
}

#[test]
fn error_controls_of_a_provisioned_mapping_are_read() {
    let text = with_mapping(
        "            Enabled: false
            ProvisionedPollerConfig: {MinimumPollers: 2, MaximumPollers: 3}
            MaximumRetryAttempts: -1
            MaximumRecordAgeInSeconds: 60
            BisectBatchOnFunctionError: true
            DestinationConfig: {OnFailure: {Destination: 'kafka://failed'}}
",
    )
    .replace("TRIM_HORIZON", "AT_TIMESTAMP\n            StartingPositionTimestamp: 1767225600.5");
    let mapping = read(&text, &[]).unwrap().functions.remove(0).mappings.remove(0);
    assert!(!mapping.enabled && mapping.bisect_on_function_error);
    assert_eq!(mapping.maximum_retry_attempts, None);
    assert_eq!(mapping.maximum_record_age, Some(Duration::from_mins(1)));
    assert_eq!(mapping.on_failure.as_deref(), Some("kafka://failed"));
    let at = "2026-01-01T00:00:00.5Z".parse().unwrap();
    assert_eq!(mapping.starting_position, StartingPosition::AtTimestamp(at));
}

#[test]
fn properties_without_local_effect_are_not_evaluated() {
    let text = with_function(
        "      Policies:
        - Statement:
            - {Effect: Allow, Action: ['*'], Resource: !Select [1, !Split [a, !ImportValue other]]}
      Role: !GetAtt SomeRole.Arn
  SomeRole: {Type: AWS::IAM::Role, Properties: {Whatever: !FindInMap [a, b, c]}}
Outputs:
  O: {Value: !Ref Unknown}
",
    );
    assert_eq!(read(&text, &[]).unwrap().functions.len(), 1);
}

#[test]
fn a_resource_whose_condition_is_false_does_not_exist() {
    let text = "Conditions: {Never: !Equals [a, b]}
Resources:
  Q: {Type: AWS::SQS::Queue, Condition: Never}
  R: {Type: AWS::SQS::Queue}
";
    let queues = read(text, &[]).unwrap().queues;
    assert_eq!(queues.iter().map(|queue| queue.name.as_str()).collect::<Vec<_>>(), ["R"]);
}

#[test]
fn a_function_whose_condition_is_false_leads_to_a_notice() {
    let function = with_mapping("").replace("  F:\n", "  F:\n    Condition: Never\n");
    let text = format!("Conditions: {{Never: !Equals [a, b]}}\n{function}");
    assert_eq!(read(&text, &[]).unwrap().functions, []);
    assert_eq!(notices(&text), [(4, "F, because its condition is false".to_owned())]);
}

#[test]
fn line_breaks_and_a_byte_order_mark_make_no_difference() {
    let text = with_mapping("");
    let expected = read(&text, &[]).unwrap();
    for same in [text.replace('\n', "\r\n"), format!("\u{feff}{text}"), format!("---\n{text}...\n")] {
        // The code's folder is a different temporary one each time.
        assert_eq!(read(&same, &[]).unwrap().functions[0].mappings, expected.functions[0].mappings);
    }
    assert_refused(&text.replace("Runtime:", "Runtimes:").replace('\n', "\r\n"), 7, "Runtimes");
}
