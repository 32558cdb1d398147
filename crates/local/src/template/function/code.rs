//! How a function runs: its runtime, handler and the folder or file with its code.

use std::path::PathBuf;

use super::super::error::{Located, Result};
use super::super::properties::Properties;
use super::super::resource::Resource;
use super::super::scope::Scope;
use super::super::yaml::{Entry, Value, find};
use super::Kind;

const REMEDY: &str = "name a folder with the code where the local stack reads the template";

/// `Runtime`; an image has none, and does not run here.
pub(super) fn runtime(properties: &Properties<'_>) -> Result<String> {
    if let Some((package, line)) = properties.text("PackageType")?
        && package != "Zip"
    {
        return Err(Located::unsupported(line, format!("PackageType {package}"), "package it as Zip"));
    }
    Ok(properties.required("Runtime")?.text("Runtime")?.to_owned())
}

/// `Handler`, which Lambda demands of every function with a runtime of its own.
pub(super) fn handler(properties: &Properties<'_>, runtime: &str) -> Result<Option<String>> {
    match properties.text("Handler")? {
        None if !runtime.starts_with("provided") => Err(properties.missing("Handler")),
        handler => Ok(handler.map(|(handler, _)| handler)),
    }
}

/// Where the code is on this machine. A relative path starts from the template's folder (AWS CLI, `aws
/// cloudformation package`). Chosen: a serverless function without `CodeUri` has its code in that folder, as
/// SAM's CLI takes it.
pub(super) fn code(
    scope: &Scope<'_>,
    properties: &Properties<'_>,
    resource: &Resource<'_>,
    kind: Kind,
) -> Result<PathBuf> {
    if let Some(inline) = properties.written("InlineCode") {
        return Err(Located::unsupported(inline.line, "InlineCode", REMEDY));
    }
    let name = kind.code_property();
    if let Some(asset) = find(resource.metadata()?, "aws:asset:path") {
        return Ok(scope.folder.join(asset.text("aws:asset:path")?));
    }
    let Some(written) = properties.written(name) else {
        return match kind {
            Kind::Serverless => Ok(scope.folder.to_owned()),
            Kind::Plain => Err(properties.missing(name)),
        };
    };
    // An object in S3 may be named by what does not exist here; that it is no path is what matters.
    let line = written.line;
    let elsewhere = |place: &str| Located::unsupported(line, format!("{name} {place}"), REMEDY);
    let node = properties.get_with_stand_ins(name)?.0.ok_or_else(|| properties.missing(name))?;
    match &node.value {
        Value::Scalar(uri) if uri.starts_with("s3://") || uri.starts_with("https://") => {
            Err(elsewhere("in S3"))
        }
        Value::Scalar(_) => {
            let path = properties.required(name)?;
            Ok(scope.folder.join(path.text(name)?))
        }
        Value::Map(entries) if find(entries, "ZipFile").is_some() => Err(elsewhere("inline")),
        _ => Err(elsewhere("in S3")),
    }
}

/// The cargo binary, `Metadata.BuildProperties.Binary`, or else the logical id.
pub(super) fn binary(resource: &Resource<'_>) -> Result<String> {
    let build = find(resource.metadata()?, "BuildProperties");
    let entries = build.map_or(Ok(&[] as &[Entry]), |node| node.map("BuildProperties"))?;
    find(entries, "Binary").map_or(Ok(resource.id), |node| node.text("Binary")).map(str::to_owned)
}
