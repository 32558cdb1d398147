mod event_source_mappings;
mod events;
mod faults;
mod filters;
mod foreach;
mod foreach_faults;
mod foreign;
mod functions;
mod lookups;
mod reading;
mod stores;

use tidings_trigger::Mapping;

use super::{Function, Template, TemplateError, TemplateSettings};

fn settings(parameters: &[(&str, &str)]) -> TemplateSettings {
    TemplateSettings {
        parameters: parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        emulator_endpoint: "http://127.0.0.1:4566".to_owned(),
    }
}

/// Reads `text` as the only template.
fn read(text: &str, parameters: &[(&str, &str)]) -> Result<Template, TemplateError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("template.yaml");
    std::fs::write(&file, text).unwrap();
    Template::read(&[file], &settings(parameters))
}

/// A template with one function, to which `properties` (indented by six) are added.
fn with_function(properties: &str) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Metadata: {{BuildMethod: rust-cargolambda, BuildProperties: {{Binary: f}}}}
    Properties:
      Runtime: provided.al2023
{properties}"
    )
}

/// A template with one mapping, to which `properties` (indented by twelve) are added.
fn with_mapping(properties: &str) -> String {
    with_function(&format!(
        "      Events:
        E:
          Type: MSK
          Properties:
            Stream: arn:aws:kafka:us-east-1:000000000000:cluster/c/1
            Topics: [t]
            StartingPosition: TRIM_HORIZON
{properties}"
    ))
}

/// A template with one function that has a trigger and, from line 8, `properties` (indented by six).
fn with_trigger(properties: &str) -> String {
    with_mapping("").replacen("      Events:\n", &format!("{properties}      Events:\n"), 1)
}

/// The only function of a template.
fn function(text: &str) -> Function {
    let mut functions = read(text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}")).functions;
    assert_eq!(functions.len(), 1, "{text}");
    functions.remove(0)
}

/// The only mapping of a template's only function.
fn mapping(text: &str) -> Mapping {
    let mut mappings = function(text).mappings;
    assert_eq!(mappings.len(), 1, "{text}");
    mappings.remove(0)
}

/// The lines and texts of a template's notices.
fn notices(text: &str) -> Vec<(usize, String)> {
    let template = read(text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    template.notices.into_iter().map(|notice| (notice.line, notice.what)).collect()
}

/// The line and message of the error for `text`.
fn refused(text: &str, parameters: &[(&str, &str)]) -> (usize, String) {
    match read(text, parameters) {
        Err(TemplateError::Line { line, fault, file }) => {
            assert!(file.ends_with("template.yaml"));
            (line, fault.to_string())
        }
        other => panic!("not refused at a line: {other:?}\n{text}"),
    }
}

fn assert_refused(text: &str, line: usize, part: &str) {
    let (at, message) = refused(text, &[]);
    assert!(message.contains(part), "{message:?} does not say {part:?}\n{text}");
    assert_eq!(at, line, "{message}\n{text}");
}
