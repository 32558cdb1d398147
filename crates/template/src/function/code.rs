//! A function's handler, binary and code location.

use super::super::Code;
use super::super::error::{Located, Result};
use super::super::properties::Properties;
use super::super::resource::Resource;
use super::super::scope::{Scope, Unset};
use super::super::yaml::{Entry, Value, find};
use super::Kind;

/// The code's location if the function is packaged as an image.
pub(super) fn image(properties: &Properties<'_>) -> Result<Option<Code>> {
    const NAME: &str = "PackageType";
    let Some((package, line)) = properties.text(NAME)? else { return Ok(None) };
    match package.as_str() {
        "Zip" => Ok(None),
        "Image" => Ok(Some(Code::Elsewhere { line, construct: format!("{NAME} {package}") })),
        other => Err(Located::value(line, NAME, other, "Zip or Image")),
    }
}

/// `Handler`, which Lambda requires for every managed runtime.
pub(super) fn handler(properties: &Properties<'_>, runtime: Option<&str>) -> Result<Option<String>> {
    let managed = runtime.is_some_and(|runtime| !runtime.starts_with("provided"));
    match properties.text("Handler")? {
        None if managed => Err(properties.missing("Handler")),
        handler => Ok(handler.map(|(handler, _)| handler)),
    }
}

/// The code's location. A relative path starts from the template's folder (AWS CLI, `aws cloudformation package`).
/// Chosen: the code of a serverless function without `CodeUri` is in that folder, as in SAM's CLI.
pub(super) fn code(
    scope: &Scope<'_>,
    properties: &Properties<'_>,
    resource: &Resource<'_>,
    kind: Kind,
) -> Result<Code> {
    if let Some(inline) = properties.written("InlineCode") {
        return Ok(Code::Elsewhere { line: inline.line, construct: "InlineCode".to_owned() });
    }
    let name = kind.code_property();
    if let Some(asset) = find(resource.metadata()?, "aws:asset:path") {
        return Ok(Code::Here(scope.folder.join(asset.text("aws:asset:path")?)));
    }
    let Some(written) = properties.written(name) else {
        return match kind {
            Kind::Serverless => Ok(Code::Here(scope.folder.to_owned())),
            Kind::Plain => Err(properties.missing(name)),
        };
    };
    // The name of an S3 object may refer to resources that do not exist locally. It only matters that it is not a
    // path.
    let line = written.line;
    let elsewhere = |place: &str| Ok(Code::Elsewhere { line, construct: format!("{name} {place}") });
    let node = properties.get_with_stand_ins(name, Unset::Any)?.0.ok_or_else(|| properties.missing(name))?;
    match &node.value {
        Value::Scalar(uri) if uri.starts_with("s3://") || uri.starts_with("https://") => elsewhere("in S3"),
        Value::Scalar(_) => {
            let path = properties.required(name)?;
            Ok(Code::Here(scope.folder.join(path.text(name)?)))
        }
        Value::Map(entries) if find(entries, "ZipFile").is_some() => elsewhere("inline"),
        _ => elsewhere("in S3"),
    }
}

/// The cargo binary: `Metadata.BuildProperties.Binary`, or the logical id.
pub(super) fn binary(resource: &Resource<'_>) -> Result<String> {
    let build = find(resource.metadata()?, "BuildProperties");
    let entries = build.map_or(Ok(&[] as &[Entry]), |node| node.map("BuildProperties"))?;
    find(entries, "Binary").map_or(Ok(resource.id), |node| node.text("Binary")).map(str::to_owned)
}
