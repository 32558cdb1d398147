//! An error in a table is reported in one sentence.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::repository;

/// A copy of all files that the program reads.
fn copy() -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    let mut command = Command::new("cp");
    command.current_dir(repository()).args(["-R", "docs", "functions", "infra"]).arg(copy.path());
    assert!(command.status().unwrap().success());
    copy
}

fn run(folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tidings-cost")).current_dir(folder).output().unwrap()
}

/// Replaces a text in one of the files.
fn edit(folder: &Path, file: &str, text: &str, instead: &str) {
    let path = folder.join(file);
    let content = fs::read_to_string(&path).unwrap();
    assert!(content.contains(text), "{file} has no {text}");
    fs::write(path, content.replacen(text, instead, 1)).unwrap();
}

/// The program's error in a folder with a mistake.
fn said(folder: &Path) -> String {
    let output = run(folder);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap().trim_end().to_owned()
}

/// The program's error after a text in one of the tables was replaced.
fn refused(table: &str, text: &str, instead: &str) -> String {
    let copy = copy();
    edit(copy.path(), &format!("infra/cost/{table}"), text, instead);
    said(copy.path())
}

#[test]
fn a_negative_rate_is_refused() {
    let said = refused("load.toml", r#"average = "54""#, r#"average = "-54""#);
    assert_eq!(said, "tidings-cost: rates.average is -54; it must be from 0 to 1000000");
}

#[test]
fn a_negative_price_is_refused() {
    let said = refused("prices.toml", r#"usd = "0.20""#, r#"usd = "-0.20""#);
    assert_eq!(said, "tidings-cost: prices.lambda-requests.usd is -0.20; it must be 0 or more");
}

#[test]
fn a_measured_function_without_a_template_is_refused() {
    let said = refused("measured.toml", "[functions.bank-email]", "[functions.bank-fax]");
    assert_eq!(
        said,
        "tidings-cost: measured.toml has [functions.bank-fax], but no template has this function; measure again or \
         remove it"
    );
}

#[test]
fn a_function_without_a_cost_table_is_refused() {
    let copy = copy();
    let file = "functions/bank/email/function.toml";
    edit(copy.path(), file, "[cost]", "[coast]");
    let missing = format!(
        "tidings-cost: {file} has no table [cost]; add it with the cost of a record of this function (empty if there is \
         none besides its invocation, claim and logs)"
    );
    assert_eq!(said(copy.path()), missing);
    fs::remove_file(copy.path().join(file)).unwrap();
    assert_eq!(said(copy.path()), missing);
}

#[test]
fn a_listed_stack_without_a_template_is_refused() {
    let copy = copy();
    edit(copy.path(), "infra/stacks.toml", "stacks = [", r#"stacks = ["another", "#);
    let said = said(copy.path());
    let missing = "tidings-cost: stack another of infra/stacks.toml: infra/another.yaml: No such file";
    assert!(said.starts_with(missing), "{said}");
}

/// A stack with only a function, which has a parameter without a default.
const ANOTHER: &str = r"
Transform: AWS::Serverless-2016-10-31
Parameters:
  KafkaClusterArn: {Type: String}
  Address: {Type: String}
Resources:
  refundFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: another-refund}}
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: ../
      Environment: {Variables: {ADDRESS: !Ref Address}}
      Events:
        Paid:
          Type: MSK
          Properties: {Stream: !Ref KafkaClusterArn, Topics: [bill.paid], StartingPosition: TRIM_HORIZON}
";
const ANOTHER_MEASURED: &str = r#"
[functions.another-refund]
records = 10
invocations = 1
milliseconds_per_record = "1"
max_memory_mb = 20
log_bytes_per_record = 0
log_bytes_per_invocation = 0
object_bytes_per_record = 0
"#;

#[test]
fn a_function_of_another_domain_is_in_the_bill_once_it_is_measured() {
    let copy = copy();
    let before = run(copy.path());
    edit(copy.path(), "infra/stacks.toml", "stacks = [", r#"stacks = ["another", "#);
    fs::write(copy.path().join("infra/another.yaml"), ANOTHER).unwrap();
    let folder = copy.path().join("functions/another/refund");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("function.toml"), "[cost]\nmessage = \"push\"\n").unwrap();

    let unmeasured = run(copy.path());
    assert!(unmeasured.status.success(), "{unmeasured:?}");
    assert!(unmeasured.stdout == before.stdout, "a function that is not measured changes the bill");
    let told = String::from_utf8(unmeasured.stderr).unwrap();
    assert!(
        told.contains("another-refund is not in the bill until infra/cost/measured.toml has it\n"),
        "{told}"
    );

    let table = copy.path().join("infra/cost/measured.toml");
    fs::write(&table, fs::read_to_string(&table).unwrap() + ANOTHER_MEASURED).unwrap();
    let measured = String::from_utf8(run(copy.path()).stdout).unwrap();
    // 8 % of the events
    assert!(measured.contains("\n| another-refund | 0.080 | "), "{measured}");
}

#[test]
fn a_missing_price_is_named() {
    let said = refused("prices.toml", "[prices.traces]", "[prices.tracks]");
    assert_eq!(said, "tidings-cost: there is no price traces; add [prices.traces] to prices.toml");
}

#[test]
fn shares_must_come_to_one() {
    let said = refused("load.toml", r#""user.login" = "0.200""#, r#""user.login" = "0.300""#);
    assert_eq!(said, "tidings-cost: the shares in [topics] add up to 1.100; they must add up to 1");
}

#[test]
fn a_share_for_an_unknown_topic_is_refused() {
    let said = refused("load.toml", r#""bill.paid""#, r#""bill.payed""#);
    assert_eq!(
        said,
        "tidings-cost: [topics] in load.toml gives a share to bill.payed, but no template has this topic; correct its \
         name"
    );
}

#[test]
fn steps_must_rise() {
    let said = refused("prices.toml", r#"above = "10000000""#, r#"above = "0""#);
    assert!(said.contains("price ses-essentials: give either usd, or steps that rise"), "{said}");
}

#[test]
fn a_float_and_an_unknown_setting_are_refused_with_their_line() {
    let said = refused("load.toml", r#"average = "54""#, "average = 54.1");
    assert!(said.starts_with("tidings-cost: infra/cost/load.toml: TOML parse error at line "), "{said}");
    assert!(said.contains("expected a string"), "{said}");
    let said = refused("load.toml", "tracing = true", "tracking = true");
    assert!(said.contains("unknown field `tracking`"), "{said}");
}
