//! What is wrong with a table is said in one sentence.

use std::{fs, process::Command};

use crate::repository;

/// What the program says when a text in one of the tables is another one.
fn refused(table: &str, text: &str, instead: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for name in ["prices.toml", "load.toml", "measured.toml"] {
        let mut content = fs::read_to_string(repository().join("infra/cost").join(name)).unwrap();
        if name == table {
            assert!(content.contains(text), "{name} has no {text}");
            content = content.replacen(text, instead, 1);
        }
        fs::write(folder.path().join(name), content).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_tidings-cost"))
        .args(["--document", "docs/cost.md", "--tables"])
        .arg(folder.path())
        .current_dir(repository())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty());
    let folder = folder.path().display().to_string();
    String::from_utf8(output.stderr).unwrap().replace(&folder, "FOLDER").trim_end().to_owned()
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
fn an_unknown_function_is_refused() {
    let said = refused("load.toml", "[functions.email]", "[functions.fax]");
    let known = "audit, email, ledger, push, sms, statement";
    assert_eq!(said, format!("tidings-cost: there is no function fax; there are {known}"));
}

#[test]
fn a_function_that_was_not_measured_is_missed() {
    let text = fs::read_to_string(repository().join("infra/cost/measured.toml")).unwrap();
    let audit = text.split("\n\n").find(|block| block.starts_with("[functions.audit]")).unwrap();
    let said = refused("measured.toml", audit, "");
    assert_eq!(said, "tidings-cost: measured.toml has no [functions.audit]; add it");
}

#[test]
fn a_missing_price_is_named() {
    let said = refused("prices.toml", "[prices.traces]", "[prices.tracks]");
    assert_eq!(said, "tidings-cost: there is no price traces; add [prices.traces] to prices.toml");
}

#[test]
fn shares_must_come_to_one() {
    let said = refused("load.toml", r#""user.login" = "0.200""#, r#""user.login" = "0.300""#);
    assert_eq!(said, "tidings-cost: the shares in [topics] come to 1.100; they must come to 1");
}

#[test]
fn a_topic_without_share_is_named() {
    let said = refused("load.toml", r#"topics = ["statement.requested"]"#, r#"topics = ["chat"]"#);
    assert!(said.contains("statement subscribes to chat, which [topics] gives no share; add it"), "{said}");
}

#[test]
fn steps_must_rise() {
    let said = refused("prices.toml", r#"above = "10000000""#, r#"above = "0""#);
    assert!(said.contains("price ses-essentials: give either usd, or steps that rise"), "{said}");
}

#[test]
fn a_float_and_an_unknown_setting_are_refused_where_they_stand() {
    let said = refused("load.toml", r#"average = "54""#, "average = 54.1");
    assert!(said.starts_with("tidings-cost: FOLDER/load.toml: TOML parse error at line "), "{said}");
    assert!(said.contains("expected a string"), "{said}");
    let said = refused("load.toml", "tracing = true", "tracking = true");
    assert!(said.contains("unknown field `tracking`"), "{said}");
}
