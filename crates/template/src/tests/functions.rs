//! Functions of any language: `AWS::Serverless::Function` and `AWS::Lambda::Function`.

use std::path::PathBuf;

use super::super::{Code, Template};
use super::{assert_refused, function, notices, read, settings, with_function, with_trigger};

#[test]
fn every_runtime_is_read() {
    for runtime in ["python3.14", "nodejs24.x", "java25", "dotnet10", "ruby3.4", "provided.al2023"] {
        let text = with_trigger("      Handler: app.handler\n").replace("provided.al2023", runtime);
        let function = function(&text);
        assert_eq!(
            (function.runtime.as_deref(), function.handler.as_deref()),
            (Some(runtime), Some("app.handler"))
        );
    }
    assert_eq!(function(&with_function("")).handler, None);
}

#[test]
fn the_binary_defaults_to_the_logical_id() {
    assert_eq!(function(&with_function("")).binary, "f");
    assert_eq!(function(&with_function("").replace("{Binary: f}", "{}")).binary, "F");
}

/// The template's folder and the code's path of its only function.
fn code(text: &str) -> (PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("template.yaml");
    std::fs::write(&file, text).unwrap();
    let function = Template::read(&[file], &settings(&[])).unwrap().functions.remove(0);
    let Code::Here(code) = function.code else { panic!("{:?}", function.code) };
    (folder.path().to_owned(), code)
}

#[test]
fn relative_paths_start_from_the_templates_folder() {
    let cases =
        [("CodeUri: src/", "src/"), ("CodeUri: ../", "../"), ("CodeUri: !Sub '${AWS::Region}'", "us-east-1")];
    for (property, expected) in cases {
        let (folder, code) = code(&with_trigger(&format!("      {property}\n")));
        assert_eq!(code, folder.join(expected));
    }
    let (folder, own) = code(&with_trigger(""));
    assert_eq!(own, folder, "as in SAM's CLI");
    assert_eq!(code(&with_trigger("      CodeUri: /srv/code\n")).1, PathBuf::from("/srv/code"));
    let globals = "Globals: {Function: {CodeUri: all/}}\n".to_owned() + &with_trigger("");
    let (folder, global) = code(&globals);
    assert_eq!(global, folder.join("all/"));
}

/// A plain function with this `Code` on line 7 and these metadata.
fn plain(code: &str, metadata: &str) -> String {
    format!(
        "Resources:
  F:
    Type: AWS::Lambda::Function
    Metadata: {metadata}
    Properties:
      Runtime: nodejs24.x
      Code: {code}
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Timeout: 9
      TracingConfig: {{Mode: Active}}
      Environment: {{Variables: {{A: b}}}}
"
    )
}

const MAPPING: &str = "  M:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref F
      EventSourceArn: arn:aws:kafka:us-east-1:000000000000:cluster/c/1
      Topics: [t]
      StartingPosition: LATEST
";

#[test]
fn a_plain_function_is_read() {
    let text = plain("src", "{}") + MAPPING;
    let function = function(&text);
    assert_eq!((function.name.as_str(), function.timeout.as_secs()), ("F", 9));
    assert_eq!(function.environment["A"], "b");
    assert_eq!(function.mappings[0].topic, "t");
    let (folder, code) = code(&text);
    assert_eq!(code, folder.join("src"));
}

#[test]
fn cdks_metadata_points_to_the_code_of_an_object_in_s3() {
    let text = plain(
        "{S3Bucket: !Ref Nowhere, S3Key: k}",
        "{'aws:asset:path': asset.1, 'aws:asset:property': Code}",
    );
    let (folder, code) = code(&text);
    assert_eq!(code, folder.join("asset.1"));
}

#[test]
fn a_function_with_code_elsewhere_is_kept_if_it_has_a_mapping() {
    let cases = [
        ("{S3Bucket: b, S3Key: k}", "Code in S3"),
        ("{S3Bucket: !ImportValue b, S3Key: k}", "Code in S3"),
        ("s3://b/k", "Code in S3"),
        ("{ZipFile: 'exports.handler = () => {}'}", "Code inline"),
    ];
    for (code, part) in cases {
        let triggered = function(&(plain(code, "{}") + MAPPING));
        assert_eq!(triggered.code, Code::Elsewhere { line: 7, construct: part.to_owned() });
        let text = plain(code, "{}");
        assert_eq!(notices(&text), [(7, format!("function F, because of {part}"))]);
        assert!(read(&text, &[]).unwrap().functions.is_empty());
    }
    let missing = plain("x", "{}").replace("      Code: x\n", "");
    assert_refused(&missing, 2, "function F lacks Code");
    let events = plain("src", "{}").replace("Role:", "Events:") + MAPPING;
    assert_refused(&events, 9, "does not support Events of function F");
}

#[test]
fn code_in_an_image_in_s3_or_inline_is_elsewhere() {
    let cases = [
        ("PackageType: Image", "PackageType Image", None),
        ("CodeUri: s3://bucket/code.zip", "CodeUri in S3", Some("provided.al2023")),
        (
            "CodeUri: {Bucket: !ImportValue artifacts, Key: code.zip}",
            "CodeUri in S3",
            Some("provided.al2023"),
        ),
        ("InlineCode: 'exports.handler = () => {}'", "InlineCode", Some("provided.al2023")),
    ];
    for (property, construct, runtime) in cases {
        let function = function(&with_trigger(&format!("      {property}\n")));
        assert_eq!(function.code, Code::Elsewhere { line: 8, construct: construct.to_owned() });
        assert_eq!(function.runtime.as_deref(), runtime, "{property}");
    }
}

#[test]
fn functions_without_a_kafka_trigger_are_kept_if_they_can_run() {
    let text = with_function(
        "      Events:
        Get: {Type: Api, Properties: {Path: /, Method: get, RestApiId: !Ref Web}}
  Web: {Type: AWS::Serverless::Api}
",
    );
    assert!(function(&text).mappings.is_empty());
    let cases = [
        ("PackageType: Image", "PackageType Image"),
        ("CodeUri: s3://b/k", "CodeUri in S3"),
        ("InlineCode: x", "InlineCode"),
        ("NewProperty: x", "NewProperty of function F"),
    ];
    for (property, why) in cases {
        let text = with_function(&format!("      {property}\n"));
        assert_eq!(notices(&text), [(8, format!("function F, because of {why}"))]);
        assert!(read(&text, &[]).unwrap().functions.is_empty());
    }
}

#[test]
fn layers_and_file_systems_lead_to_notices() {
    let text = with_trigger("      Layers: [!Ref L]\n      FileSystemConfigs: []\n      SnapStart: {}\n");
    let expected =
        [(8, "Layers of function F".to_owned()), (9, "FileSystemConfigs of function F".to_owned())];
    assert_eq!(notices(&text), expected);
    let none = with_trigger("      Layers: !Ref AWS::NoValue\n");
    assert!(notices(&none).is_empty());
}

#[test]
fn missing_resources_in_an_environment_become_their_names() {
    let text = with_trigger(
        "      Environment:
        Variables:
          SECRET: !Ref Secret
          URL: !Sub 'https://${ServerlessRestApi}.example.com/'
          ROLE: !GetAtt FRole.Arn
",
    ) + "  Secret: {Type: AWS::KMS::Key}\n";
    let environment = function(&text).environment;
    assert_eq!(environment["SECRET"], "Secret");
    assert_eq!(environment["URL"], "https://ServerlessRestApi.example.com/");
    assert_eq!(environment["ROLE"], "FRole.Arn");
    let expected = [
        (10, "a reference to Secret (AWS::KMS::Key) in the environment of function F".to_owned()),
        (11, "a reference to ServerlessRestApi in the environment of function F".to_owned()),
        (12, "attribute Arn of FRole (made by SAM) in the environment of function F".to_owned()),
    ];
    assert_eq!(notices(&text), expected);
    assert_refused(&text.replace("!Ref Secret", "!Ref Secrets"), 10, "no parameter or resource Secrets");
}

#[test]
fn a_function_may_ignore_globals() {
    let globals = "Globals: {Function: {Timeout: 7, MemorySize: 512}}\n";
    let own = |ignored: &str| {
        let text = with_function("")
            .replace("    Properties:", &format!("    IgnoreGlobals: {ignored}\n    Properties:"));
        let function = function(&(globals.to_owned() + &text));
        (function.timeout.as_secs(), function.memory_mb)
    };
    assert_eq!(own("[Timeout]"), (3, 512));
    assert_eq!(own("'*'"), (3, 128));
}
