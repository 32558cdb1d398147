//! The sections of a template that are not resources.

use super::error::{Fault, Located, Result};
use super::scope::Scope;
use super::yaml::{Entry, Node, find};

/// SAM's own transform, and `CloudFormation`'s with functions that are evaluated here.
const TRANSFORMS: [&str; 2] = ["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"];

/// An error for a section that no template has.
pub(super) fn check(sections: &[Entry]) -> Result<()> {
    const SECTIONS: [&str; 12] = [
        "AWSTemplateFormatVersion",
        "Transform",
        "Description",
        "Metadata",
        "Parameters",
        "Mappings",
        "Conditions",
        "Rules",
        "Hooks",
        "Globals",
        "Resources",
        "Outputs",
    ];
    if let Some(other) = sections.iter().find(|entry| !SECTIONS.contains(&entry.key.as_str())) {
        let construct = format!("the section {}", other.key);
        return Err(Located::unsupported(other.line, construct, "correct its spelling or write it out"));
    }
    match find(sections, "Resources") {
        Some(_) => Ok(()),
        None => Err(Located::new(1, Fault::Missing { of: "the template".to_owned(), name: "Resources" })),
    }
}

/// Tells which sections, transforms and parameters do not do here what they do on AWS.
pub(super) fn notice(scope: &Scope<'_>, sections: &[Entry]) -> Result<()> {
    for entry in sections.iter().filter(|entry| matches!(entry.key.as_str(), "Rules" | "Hooks")) {
        scope.notice(entry.line, format!("the section {}", entry.key));
    }
    if let Some(node) = find(sections, "Transform") {
        let transforms = node.list("Transform").unwrap_or(std::slice::from_ref(node));
        transforms.iter().try_for_each(|one| notice_transform(scope, one))?;
    }
    for (name, parameter) in scope.parameters.iter().filter(|(_, parameter)| parameter.unknown) {
        let what = format!("the value of parameter {name} in Systems Manager, whose name serves instead");
        scope.notice(parameter.line, what);
    }
    Ok(())
}

fn notice_transform(scope: &Scope<'_>, transform: &Node) -> Result<()> {
    let name = match find(transform.map("Transform").unwrap_or_default(), "Name") {
        Some(name) => name.text("Transform")?,
        None => transform.text("Transform")?,
    };
    if !TRANSFORMS.contains(&name) {
        scope.notice(transform.line, format!("the transform {name}"));
    }
    Ok(())
}
