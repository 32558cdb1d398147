//! Examples from AWS's guides and from the tests of its Event Ruler.

use super::{check, matches};

#[test]
fn a_value_matches_if_it_is_equal() {
    check(&[
        (r"[null]", r"null", true),
        (r"[null]", r#""null""#, false),
        (r#"[""]"#, r#""""#, true),
        (r#"[""]"#, r"null", false),
        (r#"["Alice"]"#, r#""Alice""#, true),
        (r#"["Alice"]"#, r#""alice""#, false),
        (r#"["Alice"]"#, r#""Alice ""#, false),
        (r#"["Alice"]"#, r#""\u0041lice""#, true),
        (r#"["\u0041lice"]"#, r#""Alice""#, true),
        (r#"["true"]"#, r"true", false),
        (r"[true]", r"true", true),
        (r"[false]", r"true", false),
        (r#"["Credit","Debit"]"#, r#""Debit""#, true),
        (r#"["Credit","Debit"]"#, r#""Cash""#, false),
    ]);
}

#[test]
fn numbers_are_compared_as_text() {
    check(&[
        (r"[300]", r"300", true),
        (r"[300]", r"300.0", false),
        (r"[300]", r"3.0e2", false),
        (r"[300.0]", r"3.0e2", false),
        (r"[3.0e2]", r"3.0e2", true),
        (r"[300]", r#""300""#, false),
        (r#"["300"]"#, r"300", false),
        (r"[123456789012345678901234567890]", r"123456789012345678901234567890", true),
        (r"[123456789012345678901234567890]", r"123456789012345678901234567891", false),
        (r"[1e999]", r"1e999", true),
    ]);
}

#[test]
fn equals_ignore_case_matches_any_case() {
    check(&[
        (r#"[{"equals-ignore-case":"alice"}]"#, r#""Alice""#, true),
        (r#"[{"equals-ignore-case":"ÄPFEL"}]"#, r#""äpfel""#, true),
        (r#"[{"equals-ignore-case":"alice"}]"#, r#""alic""#, false),
        (r#"[{"equals-ignore-case":"alice"}]"#, r#""Alicea""#, false),
        (r#"[{"equals-ignore-case":""}]"#, r#""""#, true),
        (r#"[{"equals-ignore-case":"1"}]"#, r"1", false),
    ]);
}

#[test]
fn a_prefix_matches_only_strings() {
    check(&[
        (r#"[{"prefix":"us-"}]"#, r#""us-east-1""#, true),
        (r#"[{"prefix":"us-"}]"#, r#""eu-us-1""#, false),
        (r#"[{"prefix":"us-"}]"#, r#""US-east-1""#, false),
        (r#"[{"prefix":""}]"#, r#""pending""#, true),
        (r#"[{"prefix":"1"}]"#, r"12", false),
        (r#"[{"prefix":{"equals-ignore-case":"EventB"}}]"#, r#""EvEnTbridge""#, true),
        (r#"[{"prefix":{"equals-ignore-case":"EventB"}}]"#, r#""Event""#, false),
    ]);
}

#[test]
fn a_suffix_matches_only_strings() {
    check(&[
        (r#"[{"suffix":".png"}]"#, r#""image.png""#, true),
        (r#"[{"suffix":".PNG"}]"#, r#""image.png""#, false),
        (r#"[{"suffix":".png"}]"#, r#""image.png.bak""#, false),
        (r#"[{"suffix":""}]"#, r#""pending""#, true),
        (r#"[{"suffix":{"equals-ignore-case":".png"}}]"#, r#""image.PnG""#, true),
        (r#"[{"suffix":{"equals-ignore-case":".png"}}]"#, r#""image.jpg""#, false),
    ]);
}

#[test]
fn numeric_compares_numbers_by_value() {
    check(&[
        (r#"[{"numeric":["=",100]}]"#, r"100", true),
        (r#"[{"numeric":["=",100]}]"#, r"100.0", true),
        (r#"[{"numeric":["=",3.018e2]}]"#, r"301.8", true),
        (r#"[{"numeric":["=",100]}]"#, r"100.000001", false),
        (r#"[{"numeric":["=",0.3]}]"#, r"0.30000000000000004", false),
        (r#"[{"numeric":["=",0]}]"#, r"-0.0", true),
        (r#"[{"numeric":[">",10,"<=",20]}]"#, r"10", false),
        (r#"[{"numeric":[">",10,"<=",20]}]"#, r"10.5", true),
        (r#"[{"numeric":[">",10,"<=",20]}]"#, r"20", true),
        (r#"[{"numeric":[">",10,"<=",20]}]"#, r"20.01", false),
        (r#"[{"numeric":[">=",-1,"<",1]}]"#, r"-1", true),
        (r#"[{"numeric":[">=",-1,"<",1]}]"#, r"1", false),
        (r#"[{"numeric":["<",10]}]"#, r"9", true),
        (r#"[{"numeric":["<",10]}]"#, r"10", false),
        (r#"[{"numeric":["<=",10]}]"#, r"10", true),
        (r#"[{"numeric":[">",10]}]"#, r"11", true),
        (r#"[{"numeric":[">",10]}]"#, r"10", false),
        (r#"[{"numeric":[">=",10]}]"#, r"10", true),
        (r#"[{"numeric":[">",100]}]"#, r#""300""#, false),
        (r#"[{"numeric":[">",100]}]"#, r"null", false),
    ]);
}

#[test]
fn numeric_matches_only_numbers_within_its_limits() {
    check(&[
        (r#"[{"numeric":["<=",5.0e9]}]"#, r"5000000000", true),
        (r#"[{"numeric":[">",0]}]"#, r"5000000001", false),
        (r#"[{"numeric":["<",0]}]"#, r"-5000000001", false),
        (r#"[{"numeric":["<",0]}]"#, r"-5.0e9", true),
        (r#"[{"numeric":["<",1]}]"#, r"-1e999", false),
    ]);
}

#[test]
fn exists_matches_only_leaves() {
    check(&[
        (r#"[{"exists":true}]"#, r#""""#, true),
        (r#"[{"exists":true}]"#, r"null", true),
        (r#"[{"exists":true}]"#, r#"{"street":"123 Main St"}"#, false),
        (r#"[{"exists":false}]"#, r"null", false),
        (r#"[{"exists":false}]"#, r#"{"street":"123 Main St"}"#, true),
        (r#"[{"exists":false},"a"]"#, r#""a""#, true),
        (r#"[{"exists":false},"a"]"#, r#""b""#, false),
    ]);
    assert!(!matches(r#"{"field":[{"exists":true}]}"#, r#"{"other":1}"#));
    assert!(matches(r#"{"field":[{"exists":false}]}"#, r#"{"other":1}"#));
    assert!(matches(r#"{"field":[{"exists":false},"a"]}"#, r#"{"other":1}"#));
    assert!(matches(r#"{"field":{"below":[{"exists":false}]}}"#, r#"{"other":1}"#));
    assert!(matches(r#"{"field":{"below":[{"exists":false}]}}"#, r#"{"field":"leaf"}"#));
    assert!(!matches(r#"{"field":{"below":["a"]}}"#, r#"{"field":"{\"below\":\"a\"}"}"#));
}

#[test]
fn anything_but_matches_every_other_existing_value() {
    check(&[
        (r#"[{"anything-but":["Raining"]}]"#, r#""Sunny""#, true),
        (r#"[{"anything-but":["Raining"]}]"#, r#""Raining""#, false),
        (r#"[{"anything-but":"Raining"}]"#, r#""Raining""#, false),
        (r#"[{"anything-but":["a","b"]}]"#, r#""b""#, false),
        (r#"[{"anything-but":"a"}]"#, r"null", true),
        (r#"[{"anything-but":"1"}]"#, r"1", true),
        (r#"[{"anything-but":123}]"#, r"789", true),
        (r#"[{"anything-but":123}]"#, r"123", false),
        (r#"[{"anything-but":[100,200]}]"#, r"200", false),
        (r#"[{"anything-but":[100,200]}]"#, r#""200""#, true),
        (r#"[{"anything-but":"a"}]"#, r#"{"a":1}"#, false),
    ]);
    assert!(!matches(r#"{"field":[{"anything-but":"a"}]}"#, r#"{"other":1}"#));
}

#[test]
fn anything_but_can_contain_operators() {
    check(&[
        (r#"[{"anything-but":{"prefix":"init"}}]"#, r#""post-init""#, true),
        (r#"[{"anything-but":{"prefix":"init"}}]"#, r#""init-prefix""#, false),
        (r#"[{"anything-but":{"prefix":"init"}}]"#, r"12", true),
        (r#"[{"anything-but":{"prefix":["init","post"]}}]"#, r#""post-init""#, false),
        (r#"[{"anything-but":{"suffix":".txt"}}]"#, r#""file.txt.bak""#, true),
        (r#"[{"anything-but":{"suffix":[".txt",".jpg"]}}]"#, r#""file.jpg""#, false),
        (r#"[{"anything-but":{"suffix":[".txt",".jpg"]}}]"#, r"null", true),
        (r#"[{"anything-but":{"equals-ignore-case":"initializing"}}]"#, r#""INITIALIZING""#, false),
        (r#"[{"anything-but":{"equals-ignore-case":["a","b"]}}]"#, r#""c""#, true),
        (r#"[{"anything-but":{"wildcard":"*/lib/*"}}]"#, r#""/usr/lib/x""#, false),
        (r#"[{"anything-but":{"wildcard":["*/lib/*","*/bin/*"]}}]"#, r#""/usr/bin/x""#, false),
        (r#"[{"anything-but":{"wildcard":"*/lib/*"}}]"#, r#""/usr/share/x""#, true),
    ]);
}

#[test]
fn an_asterisk_matches_any_characters() {
    check(&[
        (r#"[{"wildcard":"dir/*.png"}]"#, r#""dir/a/b.png""#, true),
        (r#"[{"wildcard":"dir/*.png"}]"#, r#""dir/.png""#, true),
        (r#"[{"wildcard":"dir/*.png"}]"#, r#""dir/a.jpg""#, false),
        (r#"[{"wildcard":"a*a"}]"#, r#""a""#, false),
        (r#"[{"wildcard":"/Users/*/dir/dir/doc.txt"}]"#, r#""/Users/me/dir/dir/dir/doc.txt""#, true),
        (r#"[{"wildcard":"a*b*c"}]"#, r#""a-b-b-c""#, true),
        (r#"[{"wildcard":"a*b*c"}]"#, r#""a-c-c""#, false),
        (r#"[{"wildcard":"*"}]"#, r#""""#, true),
        (r#"[{"wildcard":"*"}]"#, r"1", false),
        (r#"[{"wildcard":""}]"#, r#""a""#, false),
        (r#"[{"wildcard":"abc"}]"#, r#""abc""#, true),
        (r#"[{"wildcard":"a\\*c"}]"#, r#""a*c""#, true),
        (r#"[{"wildcard":"a\\*c"}]"#, r#""abc""#, false),
        (r#"[{"wildcard":"a\\\\*"}]"#, r#""a\\bc""#, true),
    ]);
}

#[test]
fn cidr_matches_addresses_in_the_network() {
    check(&[
        (r#"[{"cidr":"10.0.0.0/24"}]"#, r#""10.0.0.255""#, true),
        (r#"[{"cidr":"10.0.0.0/24"}]"#, r#""10.0.1.0""#, false),
        (r#"[{"cidr":"10.0.0.0/24"}]"#, r#""10.0.0.256""#, false),
        (r#"[{"cidr":"10.0.0.0/24"}]"#, r"123", false),
        (r#"[{"cidr":"10.0.0.77/24"}]"#, r#""10.0.0.1""#, true),
        (r#"[{"cidr":"2001:db8:1234:1a00::/64"}]"#, r#""2001:0db8:1234:1a00:0000:0000:0000:0001""#, true),
        (r#"[{"cidr":"2001:db8:1234:1a00::/64"}]"#, r#""2001:0db8:123f:1a01::""#, false),
    ]);
}

#[test]
fn a_list_matches_if_one_entry_matches() {
    check(&[
        (r#"[{"numeric":[">",100]},{"anything-but":"101"}]"#, r#""42""#, true),
        (r#"[{"numeric":[">",100]},{"anything-but":"101"}]"#, r#""101""#, false),
        (r#"[{"prefix":"a"},{"suffix":"z"}]"#, r#""xyz""#, true),
    ]);
}

#[test]
fn every_field_must_match() {
    let fields = r#"{"Location":["New York"],"Day":["Monday"]}"#;
    assert!(matches(fields, r#"{"Location":"New York","Day":"Monday","Other":1}"#));
    assert!(!matches(fields, r#"{"Location":"New York","Day":"Tuesday"}"#));
    assert!(!matches(fields, r#"{"Location":"New York"}"#));
    assert!(!matches(fields, r#"{"location":"New York","day":"Monday"}"#));
}

#[test]
fn or_matches_if_one_alternative_matches() {
    let fields = r#"{"$or":[{"Location":["New York"]},{"Day":["Monday"],"Open":[true]}],"Kind":["a"]}"#;
    assert!(matches(fields, r#"{"Location":"New York","Day":"Friday","Kind":"a"}"#));
    assert!(matches(fields, r#"{"Location":"Boston","Day":"Monday","Open":true,"Kind":"a"}"#));
    assert!(!matches(fields, r#"{"Location":"Boston","Day":"Monday","Open":false,"Kind":"a"}"#));
    assert!(!matches(fields, r#"{"Location":"New York","Kind":"b"}"#));
    let nested = r#"{"$or":[{"a":[1]},{"$or":[{"b":[2]},{"c":{"$or":[{"d":[3]},{"e":[4]}]}}]}]}"#;
    assert!(matches(nested, r#"{"c":{"e":4}}"#));
    assert!(!matches(nested, r#"{"c":{"e":5}}"#));
}

#[test]
fn the_last_of_several_fields_with_the_same_name_counts() {
    let fields = r#"{"twice":["hello"],"once":["test"],"twice":["world"]}"#;
    assert!(matches(fields, r#"{"twice":"world","once":"test"}"#));
    assert!(!matches(fields, r#"{"twice":"hello","once":"test"}"#));
    assert!(matches(r#"{"a":[2]}"#, r#"{"a":1,"a":2}"#));
    assert!(!matches(r#"{"a":[1]}"#, r#"{"a":1,"a":2}"#));
}

#[test]
fn a_dot_is_part_of_a_fields_name() {
    assert!(matches(r#"{"a.b":[1]}"#, r#"{"a.b":1}"#));
    assert!(!matches(r#"{"a.b":[1]}"#, r#"{"a":{"b":1}}"#));
}
