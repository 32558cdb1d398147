//! Which crate may depend on which: arrows point down, and no generic crate knows a domain.

#![allow(clippy::unwrap_used, reason = "a test's helpers may panic as the test itself does")]

use std::{collections::BTreeSet, fs, process::Command};

use tidings_tests::repository;

/// The crates in `crates/` that know a domain: the demo is of the bank, and its functions share a table.
const OF_THE_BANK: [&str; 2] = ["tidings-cli", "tidings-ledger-table"];

/// A crate's normal dependencies, itself included.
fn needed_by(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "-p", package, "-e", "normal", "--offline", "--prefix", "none", "--format", "{p}"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// The names of the packages in a folder.
fn packages(folder: &str) -> BTreeSet<String> {
    let folders = fs::read_dir(repository().join(folder)).unwrap();
    let name = |folder: fs::DirEntry| {
        let manifest = fs::read_to_string(folder.path().join("Cargo.toml")).unwrap();
        let name = manifest.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
        name.unwrap().to_owned()
    };
    folders.map(|folder| name(folder.unwrap())).collect()
}

#[test]
fn the_mapping_is_a_library_of_its_own() {
    let needed = needed_by("tidings-mapping");
    let own: Vec<&str> =
        needed.iter().map(String::as_str).filter(|name| name.starts_with("tidings-")).collect();
    assert_eq!(own, ["tidings-mapping", "tidings-trigger"]);
    let yaml: Vec<&String> =
        needed.iter().filter(|name| name.contains("yaml") || name.contains("saphyr")).collect();
    assert!(yaml.is_empty(), "the mapping needs {yaml:?}");
}

#[test]
fn no_generic_crate_knows_a_domain() {
    let (packages, mut domains) = (packages("crates"), packages("events"));
    assert!(domains.remove("tidings-events"), "the envelope is no domain's");
    assert!(packages.len() > OF_THE_BANK.len() && domains.contains("tidings-bank-events"));
    let knows = |package: &&String| !needed_by(package).is_disjoint(&domains);
    let knowing: Vec<&String> = packages.iter().filter(knows).collect();
    assert_eq!(knowing, OF_THE_BANK);
}
