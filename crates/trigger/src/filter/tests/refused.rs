use super::super::Pattern;
use super::error;

/// Checks rows of an invalid list and the path below the field that the error must name.
fn refused(rows: &[(&str, &str)]) {
    for (list, path) in rows {
        let said = error(&format!(r#"{{"value":{{"a":{list}}}}}"#)).to_string();
        assert!(said.starts_with(&format!("$.value.a{path} in the filter pattern ")), "{list}: {said}");
    }
}

#[test]
fn a_pattern_must_be_a_json_object_of_lists() {
    let object = r#"$ in the filter pattern must be an object, such as {"value": {"field": ["text"]}}"#;
    for (pattern, expected) in [
        ("null", object),
        (r#"["a"]"#, object),
        ("{}", "$ in the filter pattern is empty; name what to match, or leave the part out"),
        (
            r#"{"value":[]}"#,
            "$.value in the filter pattern is empty; name what to match, or leave the part out",
        ),
        (
            r#"{"value":{"a":{}}}"#,
            "$.value.a in the filter pattern is empty; name what to match, or leave the part out",
        ),
        (
            r#"{"value":"a"}"#,
            "$.value in the filter pattern must be a list of values or operators, or an object of fields",
        ),
    ] {
        assert_eq!(error(pattern).to_string(), expected);
    }
    for pattern in ["", "simple string", "{'value':['a']}", r#"{"value":["a"]"#, r#"{"value":["a"]}}"#] {
        assert!(matches!(error(pattern), super::PatternError::NotJson { .. }), "{pattern}");
    }
}

#[test]
fn a_pattern_may_have_at_most_4096_characters() {
    let pattern = |length: usize| format!(r#"{{"value":["{}"]}}"#, "ä".repeat(length - 14));
    assert!(Pattern::parse(&pattern(4096)).is_ok());
    assert!(matches!(error(&pattern(4097)), super::PatternError::TooLong { characters: 4097, limit: 4096 }));
}

#[test]
fn a_pattern_may_not_be_nested_too_deeply() {
    let pattern =
        |depth: usize| format!(r#"{{"value":{}["a"]{}}}"#, r#"{"a":"#.repeat(depth), "}".repeat(depth));
    assert!(Pattern::parse(&pattern(100)).is_ok());
    assert!(error(&pattern(500)).to_string().ends_with("is nested too deeply; remove some levels"));
}

#[test]
fn entries_of_a_list_must_be_values_or_operators() {
    refused(&[
        (r"[[1]]", "[0]"),
        (r#"["x",{}]"#, "[1]"),
        (r#"[{"prefix":"a","suffix":"b"}]"#, "[0]"),
        (r#"[{"EXISTS":true}]"#, "[0].EXISTS"),
        (r#"[{"regex":"a"}]"#, "[0].regex"),
    ]);
}

#[test]
fn operands_must_have_the_right_type() {
    refused(&[
        (r#"[{"exists":"true"}]"#, "[0].exists"),
        (r#"[{"exists":[true]}]"#, "[0].exists"),
        (r#"[{"prefix":3}]"#, "[0].prefix"),
        (r#"[{"prefix":["a"]}]"#, "[0].prefix"),
        (r#"[{"prefix":{"wildcard":"a"}}]"#, "[0].prefix"),
        (r#"[{"prefix":{"equals-ignore-case":5}}]"#, "[0].prefix.equals-ignore-case"),
        (r#"[{"suffix":null}]"#, "[0].suffix"),
        (r#"[{"equals-ignore-case":["a"]}]"#, "[0].equals-ignore-case"),
        (r#"[{"wildcard":5}]"#, "[0].wildcard"),
        (r#"[{"wildcard":"a**b"}]"#, "[0].wildcard"),
        (r#"[{"wildcard":"a\\b"}]"#, "[0].wildcard"),
        (r#"[{"wildcard":"a\\"}]"#, "[0].wildcard"),
        (r#"[{"cidr":"10.0.0.0"}]"#, "[0].cidr"),
        (r#"[{"cidr":"10.0.0.0/32"}]"#, "[0].cidr"),
        (r#"[{"cidr":["10.0.0.0/8"]}]"#, "[0].cidr"),
    ]);
}

#[test]
fn numeric_takes_one_or_two_comparisons() {
    for operand in [
        r"10",
        r"[]",
        r#"["="]"#,
        r#"["=",true]"#,
        r#"["=","5"]"#,
        r#"["=",[5]]"#,
        r#"["=",5,6]"#,
        r#"["==",5]"#,
        r#"["=",5,"<",6]"#,
        r#"["<",1,">",0]"#,
        r#"[">",0,">",1]"#,
        r#"[">",0,"<"]"#,
        r#"[">",0,"<",5,"<",6]"#,
        r#"[">",1,"<",1]"#,
        r#"[">",30,"<",1]"#,
        r#"["<",5000000001]"#,
        r#"["=",1e309]"#,
    ] {
        refused(&[(&format!(r#"[{{"numeric":{operand}}}]"#), "[0].numeric")]);
    }
}

#[test]
fn anything_but_takes_strings_or_numbers() {
    refused(&[
        (r#"[{"anything-but":null}]"#, "[0].anything-but"),
        (r#"[{"anything-but":true}]"#, "[0].anything-but"),
        (r#"[{"anything-but":[]}]"#, "[0].anything-but"),
        (r#"[{"anything-but":["a",1]}]"#, "[0].anything-but"),
        (r#"[{"anything-but":["a",null]}]"#, "[0].anything-but"),
        (r#"[{"anything-but":["a",["b"]]}]"#, "[0].anything-but[1]"),
        (r#"[{"anything-but":{}}]"#, "[0].anything-but"),
        (r#"[{"anything-but":{"numeric":["=",1]}}]"#, "[0].anything-but.numeric"),
        (r#"[{"anything-but":{"prefix":""}}]"#, "[0].anything-but.prefix"),
        (r#"[{"anything-but":{"suffix":["a",""]}}]"#, "[0].anything-but.suffix[1]"),
        (r#"[{"anything-but":{"prefix":[1]}}]"#, "[0].anything-but.prefix[0]"),
        (r#"[{"anything-but":{"prefix":[]}}]"#, "[0].anything-but.prefix"),
        (r#"[{"anything-but":{"prefix":{"equals-ignore-case":"a"}}}]"#, "[0].anything-but.prefix"),
        (r#"[{"anything-but":{"equals-ignore-case":123}}]"#, "[0].anything-but.equals-ignore-case"),
        (r#"[{"anything-but":{"wildcard":["*","**"]}}]"#, "[0].anything-but.wildcard[1]"),
    ]);
}

#[test]
fn or_takes_two_or_more_objects() {
    for operand in [r#"{"a":[1]}"#, r"[]", r#"[{"a":[1]}]"#, r#"[{"a":[1]},1]"#, "1"] {
        let said = error(&format!(r#"{{"value":{{"$or":{operand}}}}}"#)).to_string();
        assert_eq!(said, "$.value.$or in the filter pattern must be a list of two or more objects");
    }
    let said = error(r#"{"value":{"$or":[{"a":[1]},{}]}}"#).to_string();
    assert!(said.starts_with("$.value.$or[1] in the filter pattern is empty"), "{said}");
}
