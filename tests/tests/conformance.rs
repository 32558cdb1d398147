//! The table of what is known about Lambda's event source mapping: each row has its source and tests that exist.

#![allow(clippy::unwrap_used, reason = "a test's helpers may panic as the test itself does")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use tidings_tests::repository;

const TABLE: &str = include_str!("../../crates/mapping/docs/conformance.md");
const COLUMNS: usize = 5;

/// The tables' rows without their heads, cell by cell.
fn rows() -> Vec<Vec<&'static str>> {
    let lines = TABLE.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let rows = lines.map(|line| line.split(" | ").collect::<Vec<_>>());
    rows.filter(|row| row[0] != "---" && row[0] != "Behaviour").collect()
}

/// The tests that a row names.
fn tests_of(row: &[&'static str]) -> Vec<&'static str> {
    row[COLUMNS - 1].split(", ").collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] });
    files.flatten().filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

/// The names of the functions that are tests in a folder of the repository.
fn tests_in(folder: &str) -> BTreeSet<String> {
    let files = rust_files(&repository().join(folder));
    files.iter().flat_map(|file| tests_of_source(&fs::read_to_string(file).unwrap())).collect()
}

fn tests_of_source(source: &str) -> Vec<String> {
    let mut tests = Vec::new();
    let mut marked = false;
    for line in source.lines().map(str::trim) {
        let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        match function.and_then(|rest| rest.split_once('(')) {
            Some((name, _)) if marked => {
                tests.push(name.to_owned());
                marked = false;
            }
            _ => marked |= line == "#[test]" || line.starts_with("#[tokio::test"),
        }
    }
    tests
}

#[test]
fn every_row_is_complete() {
    assert!(rows().len() > 50);
    for row in rows() {
        assert_eq!(row.len(), COLUMNS, "{row:?}");
        assert!(row.iter().all(|cell| !cell.trim().is_empty()), "{row:?}");
        let sure = ["documented", "inferred", "chosen"];
        assert!(sure.iter().any(|word| row[2].starts_with(word)), "{row:?} does not say how sure it is");
    }
}

#[test]
fn every_source_is_a_page_of_aws() {
    let definitions = TABLE.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: "));
    let pages: BTreeMap<&str, &str> = definitions.collect();
    let mut unused: BTreeSet<&str> = pages.keys().copied().collect();
    for row in rows() {
        let label = row[3].trim_end_matches(']').rsplit('[').next().unwrap();
        let page = pages.get(label).unwrap_or_else(|| panic!("{label} has no address"));
        let of_aws = [
            "https://docs.aws.amazon.com/",
            "https://aws.amazon.com/",
            "https://github.com/aws/",
            "https://github.com/aws-samples/",
        ];
        assert!(of_aws.iter().any(|start| page.starts_with(start)), "{page}");
        unused.remove(label);
    }
    assert!(unused.is_empty(), "no row names {unused:?}");
}

#[test]
fn every_test_that_is_named_exists() {
    let all = tests_in("crates");
    for row in rows() {
        for test in tests_of(&row) {
            let name = test.strip_prefix('`').and_then(|test| test.strip_suffix('`'));
            let name = name.unwrap_or_else(|| panic!("{test} of {} is not in backticks", row[0]));
            assert!(all.contains(name), "there is no test {name}; {} names it", row[0]);
        }
    }
}

#[test]
fn every_test_against_a_broker_is_in_the_table() {
    let named: BTreeSet<String> =
        rows().iter().flat_map(|row| tests_of(row)).map(|test| test.replace('`', "")).collect();
    let unnamed: Vec<String> =
        tests_in("crates/local/tests/mapping").into_iter().filter(|test| !named.contains(test)).collect();
    assert!(unnamed.is_empty(), "docs/conformance.md has no row for {unnamed:?}");
}
