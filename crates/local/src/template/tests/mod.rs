mod faults;
mod project;
mod reading;

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Template, TemplateError, TemplateSettings};

fn settings(parameters: &[(&str, &str)]) -> TemplateSettings {
    TemplateSettings {
        parameters: parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        emulator_endpoint: "http://127.0.0.1:4566".to_owned(),
    }
}

/// Reads `text` as a template file of its own.
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

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

type Environment = BTreeMap<String, String>;
