//! The load's functions are set as infra/functions.yaml sets them.

use std::{collections::BTreeMap, fs};

use crate::{repository, tables};

/// The value after a key, wherever a line has it.
fn values<'a>(block: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    block.lines().filter_map(move |line| line.trim().strip_prefix(key)?.strip_prefix(": "))
}

/// Blocks of the template, each a resource.
fn resources(template: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in template.lines() {
        if line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':') {
            blocks.push(String::new());
        }
        let block = blocks.last_mut().unwrap();
        *block += line;
        *block += "\n";
    }
    blocks
}

/// Memory, batch size, window, topics.
type Setting = (String, Vec<String>, Vec<String>, Vec<String>);

fn deployed() -> BTreeMap<String, Setting> {
    let template = fs::read_to_string(repository().join("infra/functions.yaml")).unwrap();
    let usual = values(&template, "MemorySize").next().unwrap().to_owned();
    let functions = resources(&template).into_iter().filter_map(|block| {
        let name = values(&block, "FunctionName").next()?.strip_prefix("!Sub tidings-${Stage}-")?.to_owned();
        let all = |key| {
            let mut all: Vec<_> = values(&block, key).map(str::to_owned).collect();
            all.sort();
            all
        };
        let distinct = |key| {
            let mut all = all(key);
            all.dedup();
            all
        };
        let memory = values(&block, "MemorySize").next().unwrap_or(&usual).to_owned();
        let windows = distinct("MaximumBatchingWindowInSeconds");
        Some((name, (memory, distinct("BatchSize"), windows, all("Topics"))))
    });
    functions.collect()
}

#[test]
fn the_functions_are_set_as_the_template_sets_them() {
    let (_, load, _) = tables();
    let expected = load.functions.iter().map(|(name, function)| {
        let mut topics: Vec<_> = function.topics.iter().map(|topic| format!("[{topic}]")).collect();
        topics.sort();
        let text = |number: u32| number.to_string();
        let setting = (
            text(function.memory_mb),
            vec![text(function.batch_size)],
            vec![text(function.window_seconds)],
            topics,
        );
        (name.clone(), setting)
    });
    let expected: BTreeMap<_, _> = expected.collect();
    // A function that was added lately costs nothing here until the load and the measurements have it.
    let mut deployed = deployed();
    deployed.retain(|name, _| expected.contains_key(name));
    assert_eq!(deployed, expected);
}
