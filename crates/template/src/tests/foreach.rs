//! Loops (`Fn::ForEach`) and the other features of the transform `AWS::LanguageExtensions`.

use proptest::prelude::*;

use tidings_trigger::Mapping;

use super::super::Template;
use super::{notices, read};

const TRANSFORM: &str = "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n";

/// A template with the transform and `sections`.
fn parse(sections: &str) -> Template {
    let text = format!("{TRANSFORM}{sections}");
    read(&text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn queues(sections: &str) -> Vec<String> {
    parse(sections).queues.into_iter().map(|queue| queue.name).collect()
}

/// The queues that a loop over this collection creates.
fn queues_of(collection: &str) -> Vec<String> {
    queues(&format!(
        "Parameters:
  Many: {{Type: CommaDelimitedList, Default: 'a, b-c'}}
  Stage: {{Type: String, Default: prod}}
Mappings:
  Stages:
    prod: {{Zones: [x, y]}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Fn::ForEach::Queues:
    - Name
    - {collection}
    - Queue&{{Name}}:
        Type: AWS::SQS::Queue
        Properties: {{QueueName: !Ref Name}}
"
    ))
}

#[test]
fn a_collection_is_a_list_or_a_function_that_returns_one() {
    let cases = [
        ("[a, 2]", vec!["a", "2"]),
        ("[!Ref Stage, !Sub '${Stage}-2']", vec!["prod", "prod-2"]),
        ("!Ref Many", vec!["a", "b-c"]),
        ("!FindInMap [Stages, !Ref Stage, Zones]", vec!["x", "y"]),
        ("!FindInMap [Stages, test, Zones, {DefaultValue: [z]}]", vec!["z"]),
        ("!If [IsProd, !Ref Many, []]", vec!["a", "b-c"]),
        ("!Split [',', 'a,b']", vec!["a", "b"]),
    ];
    for (collection, expected) in cases {
        assert_eq!(queues_of(collection), expected, "{collection}");
    }
}

#[test]
fn an_empty_collection_creates_nothing_and_leads_to_a_note() {
    let text = format!("{TRANSFORM}Resources:\n  Fn::ForEach::L: [N, [], {{'Q${{N}}': {{}}}}]\n");
    assert!(read(&text, &[]).unwrap().queues.is_empty());
    assert_eq!(
        notices(&text),
        [(3, "the loop L creates nothing because its collection is empty".to_owned())]
    );
}

#[test]
fn identifiers_are_replaced_in_all_documented_places() {
    let values = [
        ("!Ref Topic", "bill-paid"),
        ("{Ref: Topic}", "bill-paid"),
        ("p-${Topic}-&{Topic}", "p-bill-paid-billpaid"),
        ("!Sub '${AWS::Region}/${Topic}/&{Topic}'", "us-east-1/bill-paid/billpaid"),
        ("!Sub ['${A}&{Topic}', {A: !Ref Topic}]", "bill-paidbillpaid"),
        ("!Sub '${!Topic} ${Queue&{Topic}.QueueName}'", "${Topic} q-bill-paid"),
        ("!Join ['-', [!Ref Topic, b]]", "bill-paid-b"),
        ("!FindInMap [Topics, !Ref Topic, Queue]", "found"),
        ("!FindInMap [Topics, '${Topic}', Queue]", "found"),
        ("!FindInMap [Topics, nowhere, Queue, {DefaultValue: !Ref Topic}]", "bill-paid"),
        ("!Select [0, [!Ref Topic]]", "bill-paid"),
        ("!If ['Is&{Topic}', !Ref Topic, no]", "bill-paid"),
        ("!GetAtt Queue&{Topic}.QueueName", "q-bill-paid"),
        ("!GetAtt ['Queue&{Topic}', QueueName]", "q-bill-paid"),
        ("!GetAtt [!Sub 'Queue&{Topic}', QueueName]", "q-bill-paid"),
        ("!Select [4, !Split ['/', !Ref {'Fn::Sub': 'Queue&{Topic}'}]]", "q-bill-paid"),
        ("!ToJsonString {'&{Topic}': [!Ref Topic, 1]}", r#"{"billpaid":["bill-paid",1]}"#),
        ("!ToJsonString {n: {'Fn::Length': [a, !Ref Topic]}}", r#"{"n":2}"#),
        ("'${Other} &{Other}'", "${Other} &{Other}"),
        ("'${Topic'", "${Topic"),
    ];
    for (value, expected) in values {
        let template = parse(&format!(
            "Mappings:
  Topics:
    bill-paid: {{Queue: found}}
Conditions:
  Fn::ForEach::Conditions:
    - Topic
    - [bill-paid]
    - Is&{{Topic}}: !Equals [!Ref Topic, bill-paid]
Resources:
  Fn::ForEach::Topics:
    - Topic
    - [bill-paid]
    - Queue&{{Topic}}:
        Type: AWS::SQS::Queue
        Properties: {{QueueName: !Sub 'q-${{Topic}}'}}
      Function&{{Topic}}:
        Type: AWS::Serverless::Function
        Properties:
          Runtime: provided.al2023
          Environment:
            Variables:
              V: {value}
"
        ));
        assert_eq!(template.functions[0].environment["V"], expected, "{value}");
    }
}

#[test]
fn loops_may_be_in_properties_at_any_depth() {
    let template = parse(
        "Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Fn::ForEach::Numbers: [Name, [Timeout, MemorySize], {'${Name}': 200}]
      Environment:
        Variables:
          A: a
          Fn::ForEach::Variables: [Name, [B, C], {'${Name}': !Ref Name, '${Name}_2': x}]
      Events:
        Fn::ForEach::Events:
          - Topic
          - [a.b, c.d]
          - On&{Topic}:
              Type: MSK
              Properties: {Stream: s, Topics: [!Ref Topic], StartingPosition: LATEST}
",
    );
    let function = &template.functions[0];
    assert_eq!((function.timeout.as_secs(), function.memory_mb), (200, 200));
    let variables: Vec<_> =
        function.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(variables, ["A=a", "B=B", "B_2=x", "C=C", "C_2=x"]);
    assert_eq!(function.mappings.iter().map(|one| one.topic.as_str()).collect::<Vec<_>>(), ["a.b", "c.d"]);
}

#[test]
fn a_resources_condition_may_be_a_function() {
    let text = "Mappings: {Queues: {Condition: {B: Never}}}
Conditions: {Never: !Equals [a, b]}
Resources:
  Fn::ForEach::Queues:
    - Name
    - [A, B, C]
    - ${Name}:
        Type: AWS::SQS::Queue
        Condition: !FindInMap [Queues, Condition, !Ref Name, {DefaultValue: !Ref AWS::NoValue}]
";
    assert_eq!(queues(text), ["A", "C"]);
}

#[test]
fn the_length_of_a_list_is_a_number() {
    let text = |value: &str| {
        format!(
            "Parameters: {{Many: {{Type: CommaDelimitedList, Default: 'a,b,c'}}}}
Resources: {{Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !Join ['', [q, {value}]]}}}}}}
"
        )
    };
    assert_eq!(queues(&text("{'Fn::Length': [a, b]}")), ["q2"]);
    assert_eq!(queues(&text("{'Fn::Length': !Ref Many}")), ["q3"]);
}

const FUNCTION: &str = "Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023}
";

/// A typical template: functions written out, their resources and mappings created by loops.
#[test]
fn loops_create_queues_and_event_source_mappings() {
    let template = parse(&format!(
        "Parameters:
  Stage: {{Type: String, Default: local}}
  KafkaClusterArn: {{Type: String, Default: 'arn:aws:kafka:us-east-1:000000000000:cluster/c/1'}}
Mappings:
  Functions:
    email: {{Concurrency: 50}}
Resources:
  email:
    {FUNCTION}  Fn::ForEach::Functions:
    - Function
    - [email, sms]
    - ${{Function}}Logs:
        Type: AWS::Logs::LogGroup
        Properties: {{LogGroupName: !Sub \"/aws/lambda/tidings-${{Stage}}-bank-${{Function}}\"}}
      ${{Function}}DeadLetters:
        Type: AWS::SQS::Queue
        Properties: {{QueueName: !Sub \"tidings-${{Stage}}-bank-${{Function}}-dead-letters\"}}
  Fn::ForEach::EmailTopics:
    - Topic
    - [transaction.completed, bill.paid]
    - email&{{Topic}}:
        Type: AWS::Lambda::EventSourceMapping
        DependsOn: email&{{Topic}}Rights
        Properties:
          FunctionName: !Ref email
          EventSourceArn: !Ref KafkaClusterArn
          Topics: [!Ref Topic]
          StartingPosition: TRIM_HORIZON
          DestinationConfig: {{OnFailure: {{Destination: !GetAtt emailDeadLetters.Arn}}}}
          ProvisionedPollerConfig: {{MaximumPollers: 2}}
          AmazonManagedKafkaEventSourceConfig: {{ConsumerGroupId: !Sub \"tidings-${{Stage}}-bank-email-${{Topic}}\"}}
"
    ));
    let names: Vec<_> = template.queues.iter().map(|queue| queue.name.as_str()).collect();
    assert_eq!(names, ["tidings-local-bank-email-dead-letters", "tidings-local-bank-sms-dead-letters"]);
    let queue = "arn:aws:sqs:us-east-1:000000000000:tidings-local-bank-email-dead-letters";
    let read = |mapping: &Mapping| {
        assert_eq!(mapping.on_failure.as_deref(), Some(queue));
        (mapping.topic.clone(), mapping.consumer_group_id.clone())
    };
    let expected = ["transaction.completed", "bill.paid"]
        .map(|topic| (topic.to_owned(), format!("tidings-local-bank-email-{topic}")));
    assert_eq!(template.functions[0].mappings.iter().map(read).collect::<Vec<_>>(), expected);
}

/// A mapping as the nested loops create it.
fn by_hand(function: &str, topic: &str) -> String {
    let id = topic.replace('.', "");
    format!(
        "  {function}{id}:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref {function}
      EventSourceArn: arn:aws:kafka:us-east-1:000000000000:cluster/c/1
      Topics: [{topic}]
      StartingPosition: LATEST
      BatchSize: !FindInMap [Functions, {function}, BatchSize]
      AmazonManagedKafkaEventSourceConfig: {{ConsumerGroupId: '{function}-{topic}'}}
"
    )
}

#[test]
fn nested_loops_equal_the_written_out_template() {
    let head = format!(
        "Mappings:
  Functions:
    email: {{BatchSize: 5, Topics: [bill.paid, card.locked]}}
    sms: {{BatchSize: 7, Topics: [card.locked]}}
Resources:
  email:
    {FUNCTION}  sms:
    {FUNCTION}"
    );
    let loops = "  Fn::ForEach::Functions:
    - Function
    - [email, sms]
    - Fn::ForEach::Topics:
        - Topic
        - !FindInMap [Functions, !Ref Function, Topics]
        - ${Function}&{Topic}:
            Type: AWS::Lambda::EventSourceMapping
            Properties:
              FunctionName: !Ref {'Fn::Sub': '${Function}'}
              EventSourceArn: arn:aws:kafka:us-east-1:000000000000:cluster/c/1
              Topics: [!Ref Topic]
              StartingPosition: LATEST
              BatchSize: !FindInMap [Functions, !Ref Function, BatchSize]
              AmazonManagedKafkaEventSourceConfig: {ConsumerGroupId: !Sub '${Function}-${Topic}'}
";
    let pairs = [("email", "bill.paid"), ("email", "card.locked"), ("sms", "card.locked")];
    let written: String = pairs.iter().map(|(function, topic)| by_hand(function, topic)).collect();
    let mappings = |rest: &str| -> Vec<Mapping> {
        parse(&format!("{head}{rest}")).functions.into_iter().flat_map(|function| function.mappings).collect()
    };
    assert_eq!(mappings(loops).len(), 3);
    assert_eq!(mappings(loops), mappings(&written));
}

proptest! {
    /// A loop equals its copies written out, for any values.
    #[test]
    fn a_loop_equals_its_copies_written_out(
        values in proptest::collection::btree_set("[a-zA-Z0-9]{1,6}", 1..6),
        suffix in "[-_]{0,2}z",
        collection in "\\[%\\]|!Split \\[',', '%'\\]",
    ) {
        let values: Vec<String> = values.into_iter().map(|value| value + &suffix).collect();
        let mut by_hand = "Resources:\n".to_owned();
        for value in &values {
            let id: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
            by_hand += &queue_and_topic(&id, value);
        }
        let collection = collection.replace('%', &values.join(","));
        let body = queue_and_topic("&{V}", "!Ref V").replace("  Q", "  - Q").replace("  T", "    T");
        let looped = format!("Resources:\n  Fn::ForEach::L:\n  - V\n  - {collection}\n{body}");
        prop_assert_eq!(parse(&looped), parse(&by_hand));
    }
}

/// Two resources of one turn; the topic refers to the queue.
fn queue_and_topic(id: &str, value: &str) -> String {
    format!(
        "  Q{id}: {{Type: AWS::SQS::Queue, Properties: {{QueueName: {value}}}}}
  T{id}: {{Type: AWS::SNS::Topic, Properties: {{TopicName: !Join ['-', [!GetAtt 'Q{id}.QueueName', t]]}}}}
"
    )
}
