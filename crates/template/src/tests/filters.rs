//! The forms of `FilterCriteria`. Pattern matching is tested in `tidings-trigger`.

use tidings_trigger::filter::Pattern;

use super::{assert_refused, mapping, notices, with_mapping};

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap()
}

#[test]
fn patterns_are_read_in_order() {
    let text = with_mapping(
        r#"            FilterCriteria:
              Filters:
                - Pattern: '{"value": {"amount": [{"numeric": [">", 100]}]}}'
                - Pattern: !Sub '{"value": {"region": ["${AWS::Region}"]}}'
"#,
    );
    let expected = [
        pattern(r#"{"value": {"amount": [{"numeric": [">", 100]}]}}"#),
        pattern(r#"{"value": {"region": ["us-east-1"]}}"#),
    ];
    assert_eq!(mapping(&text).filters, expected);
}

#[test]
fn a_pattern_may_be_written_as_yaml() {
    let text = with_mapping(
        "            FilterCriteria:
              Filters:
                - Pattern:
                    Fn::ToJsonString:
                      value: {amount: [{numeric: ['>', 100]}], urgent: [true], code: ['1'], region: [!Ref AWS::Region]}
",
    );
    let json =
        r#"{"value":{"amount":[{"numeric":[">",100]}],"urgent":[true],"code":["1"],"region":["us-east-1"]}}"#;
    assert_eq!(mapping(&text).filters, [pattern(json)]);
}

#[test]
fn filter_criteria_without_filters_accept_every_record() {
    for criteria in ["{}", "{Filters: []}", "!Ref AWS::NoValue"] {
        let text = with_mapping(&format!("            FilterCriteria: {criteria}\n"));
        assert_eq!(mapping(&text).filters, []);
    }
}

/// AWS's sample lambda-esm-msk-filters-sam does so.
#[test]
fn a_key_other_than_value_leads_to_a_note_with_its_line() {
    let text = with_mapping(
        r#"            FilterCriteria:
              Filters:
                - Pattern: '{"topic": ["t"], "value": {"a": [1]}}'
                - Pattern: '{"value": {"a": [1]}}'
"#,
    );
    assert_eq!(mapping(&text).filters.len(), 2);
    let (line, what) = &notices(&text)[0];
    assert_eq!(*line, 17);
    let start =
        "event E of function F filters by topic; this matches the record's metadata, but AWS documents";
    assert!(what.starts_with(start) && what.contains("/kafka-filtering.html"), "{what}");
    assert_eq!(notices(&text).len(), 1);
    let (_, misspelt) = &notices(&text.replace("topic", "valeu"))[0];
    assert!(
        misspelt.starts_with("event E of function F filters by valeu, which records do not have"),
        "{misspelt}"
    );
}

fn many(count: usize) -> String {
    let filters = vec![r#"{Pattern: '{"value": {"a": [1]}}'}"#; count].join(", ");
    with_mapping(&format!("            FilterCriteria: {{Filters: [{filters}]}}\n"))
}

#[test]
fn more_filters_than_the_quota_lead_to_a_notice_or_an_error() {
    assert!(notices(&many(5)).is_empty());
    let what = "the default quota of 5 filters: event E of function F has 6";
    assert_eq!(notices(&many(6)), [(15, what.to_owned())]);
    assert_eq!(mapping(&many(10)).filters.len(), 10);
    assert_refused(&many(11), 15, "FilterCriteria of event E of function F is 11, but must be at most 10");
}

#[test]
fn errors_name_the_fault_and_its_line() {
    let cases = [
        ("{Filter: []}", 15, "does not support Filter of FilterCriteria of event E"),
        ("{Filters: {Pattern: x}}", 15, "Filters must be a list"),
        ("{Filters: [{Patern: x}]}", 15, "does not support Patern of Filters"),
        ("{Filters: [{}]}", 15, "lacks Pattern"),
        ("{Filters: [{Pattern: 'no json'}]}", 15, "Pattern of event E of function F"),
        ("{Filters: [{Pattern: {value: [a]}}]}", 15, "Pattern must be a single value"),
    ];
    for (criteria, line, part) in cases {
        assert_refused(&with_mapping(&format!("            FilterCriteria: {criteria}\n")), line, part);
    }
}
