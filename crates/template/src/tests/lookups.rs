//! `Fn::Select`, `Fn::Split`, `Fn::FindInMap` and others.

use super::{assert_refused, function, notices, with_function, with_trigger};

fn text(expression: &str) -> String {
    "Mappings:
  Stages:
    prod: {Size: 500, Zones: [a, b]}
    us-east-1: {Size: 7}
Parameters:
  Stage: {Type: String, Default: prod}
  Many: {Type: CommaDelimitedList, Default: 'x, y'}
"
    .to_owned()
        + &with_function(&format!("      Environment: {{Variables: {{V: {expression}}}}}\n"))
}

#[test]
fn lookups_are_evaluated_in_short_and_long_form() {
    let cases = [
        ("!Select [1, [a, b]]", "b"),
        ("!Select ['0', !Ref Many]", "x"),
        ("{'Fn::Select': [1, {'Fn::Split': ['/', !Sub '${AWS::Region}/z']}]}", "z"),
        ("!Join ['+', !Split [',', 'a,b,c']]", "a+b+c"),
        ("!FindInMap [Stages, prod, Size]", "500"),
        ("!FindInMap [Stages, !Ref Stage, Size]", "500"),
        ("!FindInMap [Stages, !Ref AWS::Region, Size]", "7"),
        ("!Select [1, !FindInMap [Stages, prod, Zones]]", "b"),
        ("!FindInMap [Stages, other, Size, {DefaultValue: !Ref Stage}]", "prod"),
        ("!FindInMap [Stages, prod, Size, {DefaultValue: 1}]", "500"),
        (
            "!ToJsonString {a: 1, b: '1', c: [true, null], d: !Ref Stage}",
            r#"{"a":1,"b":"1","c":[true,null],"d":"prod"}"#,
        ),
        ("!Base64 a=1", "YT0x"),
        ("{'Fn::Base64': !Ref Stage}", "cHJvZA=="),
    ];
    for (expression, expected) in cases {
        assert_eq!(function(&text(expression)).environment["V"], expected, "{expression}");
    }
}

#[test]
fn invalid_lookups_are_rejected_with_their_lines() {
    let cases = [
        ("!Select [2, [a, b]]", "Fn::Select is 2, but must be an index from 0 in a list of 2"),
        ("!Select [-1, [a, b]]", "an index from 0"),
        ("!Select [a]", "a list of an index and a list"),
        ("!Select [0, a]", "Fn::Select must be a list"),
        ("!Split ['', a]", "a list of a delimiter and a string"),
        ("!Split [a]", "a list of a delimiter and a string"),
        ("!FindInMap [Stages, other, Size]", "no mapping Stages.other.Size"),
        ("!FindInMap [Stages, prod]", "a list of a mapping and two keys"),
        ("!Base64 [a]", "Fn::Base64 must be a single value"),
        ("!FindInMap [Stages, prod, Zones]", "V must be a single value"),
    ];
    for (expression, part) in cases {
        let line = if expression.ends_with("Zones]") { 3 } else { 15 };
        assert_refused(&text(expression), line, part);
    }
}

#[test]
fn an_import_in_an_environment_becomes_its_name() {
    let text =
        with_trigger("      Environment: {Variables: {V: !Sub ['${T}-x', {T: !ImportValue table}]}}\n");
    assert_eq!(function(&text).environment["V"], "table-x");
    let what = "Fn::ImportValue of table in the environment of function F";
    assert_eq!(notices(&text), [(8, what.to_owned())]);
}

/// A name must not depend on who evaluates it first.
#[test]
fn an_import_in_a_resources_name_is_rejected() {
    let text = with_trigger("      Environment: {Variables: {V: !Ref Q}}\n")
        + "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !ImportValue name}}\n";
    assert_refused(&text, 16, "Fn::ImportValue of name");
}
