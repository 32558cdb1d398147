//! Faults in loops and in their copies: each error names the line in the file and the turn.

use std::fmt::Write as _;

use super::{assert_refused, read, refused};

const TRANSFORM: &str = "Transform: AWS::LanguageExtensions\n";

/// A template with a loop L over `collection` on line 3, whose body begins on line 6.
fn looping(collection: &str, body: &str) -> String {
    format!("{TRANSFORM}Resources:\n  Fn::ForEach::L:\n    - Name\n    - {collection}\n    - {body}\n")
}

const QUEUE: &str = "Q${Name}: {Type: AWS::SQS::Queue}";

#[test]
fn a_loop_needs_its_transform() {
    let text = looping("[a]", QUEUE);
    assert!(read(&text, &[]).is_ok());
    let part = "Fn::ForEach::L cannot be used: it needs the transform AWS::LanguageExtensions";
    assert_refused(&text.replace(TRANSFORM, ""), 2, part);
    let transforms = |list: &str| text.replace("AWS::LanguageExtensions", list);
    assert_refused(&transforms("AWS::Serverless-2016-10-31"), 3, part);
    assert_refused(&transforms("[AWS::Serverless-2016-10-31, AWS::LanguageExtensions]"), 3, part);
    assert!(read(&transforms("[AWS::LanguageExtensions, AWS::Serverless-2016-10-31]"), &[]).is_ok());
    let deep = "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {Tags: [{'Fn::ForEach::T': []}]}}}\n";
    assert_refused(deep, 1, "Fn::ForEach::T cannot be used");
}

#[test]
fn a_loop_must_be_in_a_section_where_cloud_formation_accepts_one() {
    let text = format!("{TRANSFORM}Mappings: {{'Fn::ForEach::M': [N, [a], {{}}]}}\nResources: {{}}\n");
    assert_refused(
        &text,
        2,
        "Fn::ForEach::M cannot be used: CloudFormation accepts loops only in Conditions",
    );
}

#[test]
fn a_malformed_loop_is_rejected() {
    for value in ["[N, [a]]", "[N, [a], {}, {}]", "[N, [a], [b]]", "[[N], [a], {}]", "{N: [a]}", "a"] {
        let text = format!("{TRANSFORM}Resources:\n  Fn::ForEach::L: {value}\n");
        assert_refused(&text, 3, "Fn::ForEach::L must be a list of an identifier, a collection and a map");
    }
    let identifier = looping("[a]", "{}").replace("- Name", "- ${Name}");
    assert_refused(&identifier, 3, "the identifier of the loop L is ${Name}, but must be letters and digits");
    for key in ["Q", "Q${name}", "Q&{Other}"] {
        let part = format!("{key} cannot be used: a key in the loop L needs ${{Name}} or &{{Name}}");
        assert_refused(&looping("[a]", &format!("'{key}': {{}}")), 6, &part);
    }
    let unknown = looping("[a]", "Q${Name}${Nam}: {}");
    assert_refused(&unknown, 6, "in the loop L with Name=a: there is no identifier Nam;");
}

#[test]
fn an_identifier_must_differ_from_parameters_and_other_identifiers() {
    let text = looping("[a]", QUEUE);
    let parameter = text.clone() + "Parameters: {Name: {Type: String, Default: x}}\n";
    assert_refused(&parameter, 3, "the identifier Name of the loop L cannot be used: it is also a parameter");
    let nested = looping("[a]", "Fn::ForEach::M: [Name, [b], {}]");
    assert_refused(&nested, 6, "in the loop L with Name=a: the identifier Name of the loop M cannot be used");
}

#[test]
fn a_collection_must_be_a_list_of_known_strings() {
    // Line 8 is the parameter's.
    let cases = [
        ("a", 5, "the collection of the loop L must be a list"),
        ("[[a]]", 5, "a value in the collection of the loop L must be a single value"),
        ("!Ref AWS::NoValue", 5, "the collection of the loop L must be a list"),
        ("!Ref Nowhere", 5, "Nowhere is not a parameter, and resources are not available here"),
        ("[!Ref Q]", 5, "the collection of the loop L cannot be used: Q is not a parameter"),
        ("!GetAtt Q.Arns", 5, "Q is not a parameter"),
        ("!ImportValue names", 5, "Fn::ImportValue of names"),
        ("!Ref P", 8, "parameter P has no default"),
        ("!FindInMap [a, b, c]", 5, "no mapping a.b.c"),
    ];
    for (collection, line, part) in cases {
        let text =
            looping(collection, QUEUE) + "Parameters:\n  P: {Type: CommaDelimitedList}\nMappings: {}\n";
        assert_refused(&text, line, part);
    }
}

#[test]
fn the_error_for_a_duplicate_id_names_both_lines() {
    let text = looping("[a, b]", QUEUE);
    let outside = "  Qb: {Type: AWS::SNS::Topic}\n";
    assert_refused(&(text.clone() + outside), 7, "Qb is already defined on line 6 (the loop L with Name=b)");
    let before = text.replace("Resources:\n", &format!("Resources:\n{outside}"));
    assert_refused(&before, 7, "in the loop L with Name=b: Qb is already defined on line 3;");
    let part = "in the loop L with Name=a.: Qa is already defined on line 6 (the loop L with Name=a); remove";
    assert_refused(&looping("[a, a.]", &QUEUE.replace('$', "&")), 6, part);
}

#[test]
fn an_id_may_have_only_letters_and_digits() {
    let part =
        "in the loop L with Name=a.b: Qa.b cannot be used: CloudFormation accepts only letters and digits";
    assert_refused(&looping("[a, a.b]", QUEUE), 6, part);
}

#[test]
fn errors_in_copies_name_the_turn() {
    let body = "Fn::ForEach::M:
        - Size
        - [1, x]
        - F${Name}${Size}:
            Type: AWS::Serverless::Function
            Properties:
              Runtime: provided.al2023
              Timeout: !Ref Size
              Events:
                E:
                  Type: MSK
                  Properties: {Stream: s, Topics: [t], StartingPosition: LATEST}
";
    let text = looping("[a, b]", body)
        .replace("AWS::Lang", "[AWS::Lang")
        .replace("sions\n", "sions, AWS::Serverless-2016-10-31]\n");
    let part = "in the loop M with Name=a, Size=x: Timeout of function Fax is x, but must be";
    assert_refused(&text, 13, part);
    assert_refused(
        &looping("[a, b]", "Q${Name}: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}"),
        6,
        "in the loop L with Name=b: the queue q is defined twice",
    );
    let other = looping("[a]", "M${Name}: {Type: AWS::Lambda::EventSourceMapping, Properties: {}}");
    assert_refused(&other, 6, "in the loop L with Name=a: mapping Ma lacks FunctionName");
}

#[test]
fn notices_about_copies_have_the_line_in_the_file() {
    let text = looping("[a, b]", "K${Name}: {Type: AWS::Kinesis::Stream}");
    let template = read(&text, &[]).unwrap();
    let notices: Vec<_> = template.notices.iter().map(|one| (one.line, one.what.as_str())).collect();
    assert_eq!(notices, [(6, "Ka of type AWS::Kinesis::Stream"), (6, "Kb of type AWS::Kinesis::Stream")]);
}

#[test]
fn loops_that_expand_beyond_the_limits_are_rejected() {
    let list =
        |many: usize| format!("[{}]", (0..many).map(|at| at.to_string()).collect::<Vec<_>>().join(", "));
    assert_eq!(read(&looping(&list(500), QUEUE), &[]).unwrap().queues.len(), 500);
    let part = "in the loop L with Name=500: the template exceeds 500 resources";
    assert_refused(&looping(&list(501), QUEUE), 6, part);

    let mut nested = String::new();
    for depth in 0..6 {
        write!(nested, "Fn::ForEach::L{depth}: [I{depth}, {}, {{", list(100)).unwrap();
    }
    let text =
        |depth: usize| format!("{TRANSFORM}Outputs: {{{}{}}}\nResources: {{}}\n", nested, "}]".repeat(depth));
    assert!(refused(&text(6), &[]).1.contains("levels of nested loops"));
    let five = text(5).replace(&format!("Fn::ForEach::L5: [I5, {}, {{", list(100)), "");
    assert!(refused(&five, &[]).1.contains("1048576 bytes after its loops are expanded"));
}
