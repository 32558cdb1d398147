//! The sections of a template other than Resources.

use super::error::{Fault, Located, Result};
use super::scope::Scope;
use super::yaml::{Entry, find};

/// The supported transforms.
const TRANSFORMS: [&str; 2] = [SERVERLESS, LANGUAGE_EXTENSIONS];
const SERVERLESS: &str = "AWS::Serverless-2016-10-31";
const LANGUAGE_EXTENSIONS: &str = "AWS::LanguageExtensions";

/// Checks for unknown sections and for missing resources.
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
        return Err(Located::unsupported(other.line, construct, "correct its spelling or remove it"));
    }
    match find(sections, "Resources") {
        Some(_) => Ok(()),
        None => Err(Located::new(1, Fault::Missing { of: "the template".to_owned(), name: "Resources" })),
    }
}

/// Adds notices for sections, transforms and parameters that have a different effect locally than on AWS.
pub(super) fn notice(scope: &Scope<'_>, sections: &[Entry]) -> Result<()> {
    for entry in sections.iter().filter(|entry| matches!(entry.key.as_str(), "Rules" | "Hooks")) {
        scope.notice(entry.line, format!("the section {}", entry.key));
    }
    for (line, name) in transforms(sections)? {
        if !TRANSFORMS.contains(&name) {
            scope.notice(line, format!("the transform {name}"));
        }
    }
    for (name, parameter) in scope.parameters.iter().filter(|(_, parameter)| parameter.unknown) {
        let what = format!("the Systems Manager value of parameter {name}; using its name instead");
        scope.notice(parameter.line, what);
    }
    Ok(())
}

/// Whether `AWS::LanguageExtensions` is applied. It must precede SAM's transform (`CloudFormation` template reference,
/// "`AWS::LanguageExtensions` transform").
pub(super) fn language_extensions(sections: &[Entry]) -> Result<bool> {
    let names = transforms(sections)?.into_iter().map(|(_, name)| name);
    Ok(names.take_while(|name| *name != SERVERLESS).any(|name| name == LANGUAGE_EXTENSIONS))
}

/// The lines and names of all transforms.
fn transforms(sections: &[Entry]) -> Result<Vec<(usize, &str)>> {
    const NAME: &str = "Transform";
    let Some(node) = find(sections, NAME) else { return Ok(Vec::new()) };
    let all = node.list(NAME).unwrap_or(std::slice::from_ref(node)).iter();
    all.map(|one| {
        let name = find(one.map(NAME).unwrap_or_default(), "Name").unwrap_or(one);
        Ok((one.line, name.text(NAME)?))
    })
    .collect()
}
