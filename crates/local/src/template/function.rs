//! Reads one `AWS::Serverless::Function`, with what Globals say about all of them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::{Fault, Located, Result};
use super::properties::{Properties, check_name};
use super::scope::{Resource, Scope};
use super::yaml::{Entry, Node, Value, find};
use super::{Function, mapping};

const EVALUATED: [&str; 10] = [
    "CodeUri",
    "Handler",
    "FunctionName",
    "Environment",
    "Timeout",
    "MemorySize",
    "ReservedConcurrentExecutions",
    "Events",
    "PackageType",
    "Runtime",
];
/// Deployment, permissions and observability: nothing that the local stack could do otherwise.
const MEANINGLESS_HERE: [&str; 27] = [
    "Architectures",
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256",
    "CodeSigningConfigArn",
    "DeadLetterQueue",
    "DeploymentPreference",
    "Description",
    "EphemeralStorage",
    "EventInvokeConfig",
    "FunctionUrlConfig",
    "KmsKeyArn",
    "LoggingConfig",
    "PermissionsBoundary",
    "Policies",
    "PropagateTags",
    "ProvisionedConcurrencyConfig",
    "RecursiveLoop",
    "Role",
    "RolePath",
    "RuntimeManagementConfig",
    "SourceKmsKeyArn",
    "Tags",
    "Tracing",
    "VersionDescription",
    "VpcConfig",
];
/// Lambda's own limits (AWS Lambda developer guide, "Lambda quotas"); a function behind a Kafka mapping has
/// 14 minutes instead of 15.
const TIMEOUT_SECONDS: std::ops::RangeInclusive<u32> = 1..=900;
const TIMEOUT_SECONDS_BEHIND_KAFKA: u64 = 840;
const MEMORY_MB: std::ops::RangeInclusive<u32> = 128..=10_240;

/// Reads the function that `resource` describes.
pub(super) fn read(scope: &Scope<'_>, resource: &Resource<'_>, globals: &[Entry]) -> Result<Function> {
    let merged = merge(globals, resource.properties()?);
    let properties = Properties::new(scope, &merged, format!("function {}", resource.id), resource.line);
    properties.only(&EVALUATED, &MEANINGLESS_HERE)?;
    let runtime = runtime(&properties)?;
    let name = scope.physical_name(resource, resource.line)?;
    check_name("FunctionName", &name, resource.line, 64, "-_")?;
    let timeout = Duration::from_secs(properties.count("Timeout", TIMEOUT_SECONDS)?.unwrap_or(3).into());
    let mappings = read_events(scope, &properties, &name)?;
    if !mappings.is_empty() && timeout.as_secs() > TIMEOUT_SECONDS_BEHIND_KAFKA {
        let expected = format!("at most {TIMEOUT_SECONDS_BEHIND_KAFKA} behind a Kafka mapping");
        let line = find(&merged, "Timeout").map_or(resource.line, |node| node.line);
        return Err(Located::value(line, "Timeout", timeout.as_secs(), expected));
    }
    Ok(Function {
        binary: binary(scope, resource)?,
        runtime,
        handler: properties.text("Handler")?.map(|(handler, _)| handler),
        code: properties.text("CodeUri")?.map(|(code, _)| code.into()),
        environment: environment(scope, &properties)?,
        timeout,
        memory_mb: properties.count("MemorySize", MEMORY_MB)?.unwrap_or(128),
        reserved_concurrency: properties.count("ReservedConcurrentExecutions", 0..=u32::MAX)?,
        mappings,
        name,
    })
}

fn runtime(properties: &Properties<'_>) -> Result<String> {
    const REMEDY: &str = "build the function as a provided.al2023 binary";
    if let Some((kind, line)) = properties.text("PackageType")?
        && kind != "Zip"
    {
        return Err(Located::unsupported(line, format!("PackageType {kind}"), REMEDY));
    }
    let runtime = properties.required("Runtime")?;
    let name = runtime.text("Runtime")?;
    if name.starts_with("provided.") {
        return Ok(name.to_owned());
    }
    Err(Located::unsupported(runtime.line, format!("the runtime {name}"), REMEDY))
}

fn binary(scope: &Scope<'_>, resource: &Resource<'_>) -> Result<String> {
    let metadata =
        find(resource.attributes, "Metadata").map_or(Ok(&[] as &[Entry]), |n| n.map("Metadata"))?;
    let build = find(metadata, "BuildProperties");
    let entries = build.map_or(Ok(&[] as &[Entry]), |node| node.map("BuildProperties"))?;
    let of = format!("Metadata.BuildProperties of function {}", resource.id);
    let properties = Properties::new(scope, entries, of, resource.line);
    Ok(properties.required("Binary")?.text("Binary")?.to_owned())
}

fn environment(scope: &Scope<'_>, properties: &Properties<'_>) -> Result<BTreeMap<String, String>> {
    let Some(environment) = properties.get("Environment")? else { return Ok(BTreeMap::new()) };
    let section = environment.map("Environment")?;
    Properties::new(scope, section, "Environment", environment.line).only(&["Variables"], &[])?;
    let variables = find(section, "Variables").map_or(Ok(&[] as &[Entry]), |node| node.map("Variables"))?;
    variables
        .iter()
        .map(|variable| {
            let text = match &variable.node.value {
                Value::Null => "",
                _ => variable.node.text(&variable.key)?,
            };
            Ok((variable.key.clone(), text.to_owned()))
        })
        .collect()
}

fn read_events(
    scope: &Scope<'_>,
    properties: &Properties<'_>,
    function: &str,
) -> Result<Vec<super::Mapping>> {
    let Some(events) = properties.get("Events")? else { return Ok(Vec::new()) };
    let mut mappings = Vec::new();
    for event in events.map("Events")? {
        let attributes = event.node.map(&event.key)?;
        let kind = find(attributes, "Type").ok_or_else(|| {
            Located::new(event.line, Fault::Missing { of: format!("event {}", event.key), name: "Type" })
        })?;
        if kind.text("Type")? != "MSK" {
            let construct = format!("an event of type {}", kind.text("Type")?);
            return Err(Located::unsupported(kind.line, construct, "use an event of type MSK"));
        }
        let entries = find(attributes, "Properties").map_or(Ok(&[] as &[Entry]), |n| n.map("Properties"))?;
        let of = format!("event {} of function {function}", event.key);
        mappings.push(mapping::read(scope, entries, &of, event.line, function)?);
    }
    Ok(mappings)
}

/// As SAM merges Globals: maps are united, lists joined, and of single values and function calls the
/// function's own wins (SAM specification, "Globals").
fn merge(globals: &[Entry], own: &[Entry]) -> Vec<Entry> {
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
    Node { line: own.line, value }
}
