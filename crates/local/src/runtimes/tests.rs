use std::fs;
use std::time::Duration;

use tempfile::TempDir;
use tidings_trigger::{EventSource, Mapping, StartingPosition};

use super::*;

fn function(runtime: &str, code: &Path) -> Function {
    Function {
        name: "orders".to_owned(),
        binary: "Orders".to_owned(),
        runtime: Some(runtime.to_owned()),
        handler: Some("src/app.handler".to_owned()),
        code: Code::Here(code.to_owned()),
        environment: BTreeMap::new(),
        timeout: Duration::from_secs(3),
        memory_mb: 128,
        reserved_concurrency: None,
        mappings: vec![Mapping::new(
            "orders",
            "orders",
            EventSource::Msk("arn:aws:kafka:x".to_owned()),
            StartingPosition::TrimHorizon,
        )],
    }
}

/// Creates an executable script.
fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

async fn start(runtimes: &Runtimes, function: Function) -> Result<(Start, Vec<String>), RuntimeError> {
    let name = function.name.clone();
    let template = Template { functions: vec![function], ..Template::default() };
    let mut starts = runtimes.starts(&template).await?;
    Ok((starts.by_function.remove(&name).unwrap(), starts.notices))
}

fn words(command: &[&str]) -> Vec<String> {
    command.iter().map(|word| (*word).to_owned()).collect()
}

#[tokio::test]
async fn a_given_command_takes_precedence_and_runs_in_the_codes_folder() {
    let code = TempDir::new().unwrap();
    for name in ["orders", "Orders"] {
        let runtimes = Runtimes {
            commands: BTreeMap::from([(name.to_owned(), words(&["java", "-cp", "x"]))]),
            ..Runtimes::default()
        };
        let (start, _) = start(&runtimes, function("provided.al2023", code.path())).await.unwrap();
        let expected =
            Start { command: words(&["java", "-cp", "x"]), directory: Some(code.path().to_owned()) };
        assert_eq!(start, expected, "{name}");
    }
}

#[tokio::test]
async fn an_executable_is_found_in_the_code_in_target_lambda_or_in_the_given_folder() {
    let place = TempDir::new().unwrap();
    let code = place.path().join("functions/orders");
    let [own, cargo_lambda, given] =
        ["functions/orders/bootstrap", "target/lambda/Orders/bootstrap", "quick/Orders"]
            .map(|path| place.path().join(path));
    for (path, binaries) in [(&given, Some(place.path().join("quick"))), (&cargo_lambda, None), (&own, None)]
    {
        fs::create_dir_all(&code).unwrap();
        script(path, "");
        let runtimes = Runtimes { binaries, ..Runtimes::default() };
        let (start, _) = start(&runtimes, function("provided.al2023", &code)).await.unwrap();
        assert_eq!(start, Start { command: words(&[path.to_str().unwrap()]), directory: None });
    }
}

#[tokio::test]
async fn python_runs_with_its_client_and_another_version_leads_to_a_notice() {
    let place = TempDir::new().unwrap();
    let python = place.path().join("bin/python3");
    script(&python, "echo python3.12");
    let runtimes = Runtimes { venv: Some(place.path().to_owned()), ..Runtimes::default() };
    for (runtime, notices) in [("python3.12", 0), ("python3.13", 1)] {
        let (start, noticed) = start(&runtimes, function(runtime, place.path())).await.unwrap();
        let command = words(&[python.to_str().unwrap(), "-m", "awslambdaric", "src/app.handler"]);
        assert_eq!(start, Start { command, directory: Some(place.path().to_owned()) });
        assert_eq!(noticed.len(), notices, "{noticed:?}");
    }
}

#[tokio::test]
async fn node_runs_with_the_nearest_client() {
    let place = TempDir::new().unwrap();
    let client = place.path().join("node_modules/.bin/aws-lambda-ric");
    script(&client, "");
    let code = place.path().join("src");
    fs::create_dir(&code).unwrap();
    let (start, _) = start(&Runtimes::default(), function("nodejs22.x", &code)).await.unwrap();
    let command = words(&[client.to_str().unwrap(), "src/app.handler"]);
    assert_eq!(start, Start { command, directory: Some(code) });
}

#[tokio::test]
async fn code_that_is_elsewhere_needs_a_command() {
    let construct = "PackageType Image".to_owned();
    let image = Function {
        runtime: None,
        code: Code::Elsewhere { line: 7, construct },
        ..function("", Path::new(""))
    };
    let error = start(&Runtimes::default(), image.clone()).await.unwrap_err().to_string();
    for part in ["orders has PackageType Image (line 7", "--command orders=", "--invoke"] {
        assert!(error.contains(part), "{error}");
    }
    let runtimes = Runtimes {
        commands: BTreeMap::from([("orders".to_owned(), words(&["./orders"]))]),
        ..Runtimes::default()
    };
    let (start, _) = start(&runtimes, image).await.unwrap();
    assert_eq!(start, Start { command: words(&["./orders"]), directory: std::env::current_dir().ok() });
}

#[tokio::test]
async fn a_function_that_cannot_be_started_is_an_error_only_with_a_kafka_trigger() {
    let code = TempDir::new().unwrap();
    let mut function = function("ruby3.4", code.path());
    let template =
        |function: &Function| Template { functions: vec![function.clone()], ..Template::default() };
    let error = Runtimes::default().starts(&template(&function)).await.unwrap_err().to_string();
    assert!(error.contains("ruby3.4") && error.contains("--command orders="), "{error}");
    function.mappings.clear();
    let starts = Runtimes::default().starts(&template(&function)).await.unwrap();
    assert!(starts.by_function.is_empty());
    assert!(starts.notices[0].contains("ruby3.4"), "{:?}", starts.notices);
}
