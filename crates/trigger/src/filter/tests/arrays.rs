use super::{check, matches};

#[test]
fn an_array_matches_if_one_element_matches() {
    check(&[
        (r#"["admin"]"#, r#"["user","admin"]"#, true),
        (r#"["root"]"#, r#"["user","admin"]"#, false),
        (r#"["admin"]"#, r#"[["user"],[["admin"]]]"#, true),
        (r#"[{"anything-but":"a"}]"#, r#"["a","b"]"#, true),
        (r#"[{"anything-but":"a"}]"#, r#"["a","a"]"#, false),
        (r#"[{"exists":true}]"#, r#"["a"]"#, true),
        (r#"[{"exists":true}]"#, r#"[{"a":1}]"#, false),
        (r#"[{"exists":false}]"#, r#"["a",{"b":1}]"#, false),
        (r"[null]", r"[null]", true),
    ]);
}

#[test]
fn an_empty_array_counts_as_a_missing_value() {
    check(&[
        (r"[null]", r"[]", false),
        (r#"[""]"#, r"[]", false),
        (r#"[{"exists":true}]"#, r"[]", false),
        (r#"[{"exists":false}]"#, r"[]", true),
        (r#"[{"anything-but":"a"}]"#, r"[]", false),
    ]);
    assert!(!matches(r#"{"a":{"b":[1]}}"#, r#"{"a":[]}"#));
}

#[test]
fn fields_below_an_array_must_match_in_the_same_element() {
    let employees =
        r#"{"employees":[{"firstName":"Anna","lastName":"Smith"},{"firstName":"Peter","lastName":"Jones"}]}"#;
    assert!(matches(r#"{"employees":{"firstName":["Anna"]}}"#, employees));
    assert!(matches(r#"{"employees":{"firstName":["Anna"],"lastName":["Smith"]}}"#, employees));
    assert!(!matches(r#"{"employees":{"firstName":["Anna"],"lastName":["Jones"]}}"#, employees));
    let nested = r#"{"a":[[{"b":1,"c":[{"d":1},{"e":2}]}]]}"#;
    assert!(matches(r#"{"a":{"b":[1],"c":{"e":[2]}}}"#, nested));
    assert!(!matches(r#"{"a":{"c":{"d":[1],"e":[2]}}}"#, nested));
}

#[test]
fn exists_false_must_hold_for_every_element() {
    let absent = r#"{"d":{"b":[{"exists":false}]}}"#;
    assert!(matches(absent, r#"{"d":[{"a":1},{"c":1},2]}"#));
    assert!(!matches(absent, r#"{"d":[{"a":1},{"b":1}]}"#));
    let beside = r#"{"d":{"a":[{"exists":true}],"b":[{"exists":false}]}}"#;
    assert!(matches(beside, r#"{"d":[{"b":1},{"a":1}]}"#));
    assert!(!matches(beside, r#"{"d":[{"a":1,"b":2},{"c":3}]}"#));
}
