//! The section Globals, which sets defaults for every `AWS::Serverless::Function`.

use super::super::error::{Located, Result};
use super::super::yaml::{Entry, Node, Value, find};

/// The entries of `Globals.Function`. Globals for other kinds of resources are ignored.
pub(in super::super) fn of_functions(sections: &[Entry]) -> Result<&[Entry]> {
    const KINDS: [&str; 8] = [
        "Function",
        "Api",
        "HttpApi",
        "WebSocketApi",
        "SimpleTable",
        "StateMachine",
        "LayerVersion",
        "CapacityProvider",
    ];
    let globals = find(sections, "Globals").map_or(Ok(&[] as &[Entry]), |node| node.map("Globals"))?;
    if let Some(other) = globals.iter().find(|entry| !KINDS.contains(&entry.key.as_str())) {
        let construct = format!("{} in Globals", other.key);
        return Err(Located::unsupported(other.line, construct, "correct its spelling"));
    }
    find(globals, "Function").map_or(Ok(&[]), |node| node.map("Globals.Function"))
}

/// Merges as SAM does: maps are merged, lists are concatenated, and single values and intrinsic functions of the
/// function override those of Globals (SAM specification, "Globals").
pub(super) fn merge(globals: &[Entry], own: &[Entry]) -> Vec<Entry> {
    let mut merged: Vec<Entry> = Vec::new();
    for global in globals {
        let node = match find(own, &global.key) {
            Some(node) => merge_node(&global.node, node),
            None => global.node.clone(),
        };
        merged.push(Entry { key: global.key.clone(), line: node.line, node });
    }
    let only_own = own.iter().filter(|entry| find(globals, &entry.key).is_none());
    merged.extend(only_own.cloned());
    merged
}

fn merge_node(global: &Node, own: &Node) -> Node {
    let call = global.intrinsic().is_some() || own.intrinsic().is_some();
    let value = match (&global.value, &own.value) {
        (Value::Map(global), Value::Map(own)) if !call => Value::Map(merge(global, own)),
        (Value::List(global), Value::List(own)) => Value::List([global.as_slice(), own.as_slice()].concat()),
        _ => own.value.clone(),
    };
    Node { line: own.line, value, plain: own.plain }
}
