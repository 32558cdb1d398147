//! `tidings-local run` with templates of other projects, from a folder that is none of them.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;
use tidings_tests::broker;

use super::running::{Ended, Running, spawn, tidings_local};
use super::up::address;

/// A runtime interface client and a function in one: prints each event with its own folder, and first what would clear
/// a terminal.
const ECHO: &str = r#"
import json, os, urllib.request
print("\x1b[2Jstarted", flush=True)
base = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(base + "next") as response:
        event, request = json.loads(response.read()), response.headers["Lambda-Runtime-Aws-Request-Id"]
    facts = {"folder": os.getcwd(), "handler": os.environ["_HANDLER"], "aws": os.environ["AWS_ENDPOINT_URL"]}
    print(json.dumps({"event": event, **facts}), flush=True)
    urllib.request.urlopen(base + request + "/response", data=b"{}")
"#;

/// A function named Echo of this runtime, with these lines more.
fn template(runtime: &str, more: &str) -> String {
    format!(
        r"Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {{Type: String, Default: test}}
Resources:
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: {runtime}
      Handler: shop.echo/Handler.handle
      CodeUri: code/
      Events:
        Placed:
          Type: MSK
          Properties:
            Stream: arn:aws:kafka:us-east-1:123456789012:cluster/shop/11111111-2222-3333-4444-555555555555-1
            Topics: [orders]
            StartingPosition: TRIM_HORIZON
            MaximumBatchingWindowInSeconds: 0
{more}"
    )
}

const QUEUE: &str = "  Failures:\n    Type: AWS::SQS::Queue\n    Properties: {QueueName: failures}\n";

/// A folder with a project, and another one beside it to run from.
struct Place(TempDir);

impl Place {
    fn new(template: &str) -> Self {
        let folder = TempDir::new().unwrap();
        for part in ["project/code", "elsewhere", "venv/bin"] {
            fs::create_dir_all(folder.path().join(part)).unwrap();
        }
        fs::write(folder.path().join("project/code/echo.py"), ECHO).unwrap();
        fs::write(folder.path().join("project/template.yaml"), template).unwrap();
        // A Python that lacks every package.
        let python = folder.path().join("venv/bin/python3");
        fs::write(&python, "#!/bin/sh\nexit 1\n").unwrap();
        fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, arguments: &[&str]) -> Running {
        self.run_with_path(std::env::var("PATH").unwrap().as_str(), arguments)
    }

    fn run_with_path(&self, path: &str, arguments: &[&str]) -> Running {
        let mut command = tidings_local();
        command.args(["run", "--broker", &broker()]).args(arguments).env("PATH", path);
        command.current_dir(self.path().join("elsewhere"));
        spawn(command)
    }
}

/// Requires exit status 2 and one sentence that contains all of `parts`.
fn assert_refused(what: &str, ended: &Ended, parts: &[&str]) {
    assert_eq!(ended.status.code(), Some(2), "{what}: {:?}", ended.stderr);
    let [sentence] = ended.stderr.as_slice() else { panic!("{what}: {:?}", ended.stderr) };
    assert!(sentence.starts_with("tidings-local: "), "{what}: {sentence}");
    for part in parts {
        assert!(sentence.contains(part), "{what}: {part:?} is missing: {sentence}");
    }
    assert_eq!(ended.stdout, Vec::<String>::new(), "{what}");
}

const TEMPLATE: [&str; 2] = ["--template", "../project/template.yaml"];
const STARTED: &str = "Echo=python3 echo.py";

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_run_is_said_in_one_sentence() {
    let python = template("python3.11", "");
    let two =
        template("python3.11", "").replace("      Runtime:", "      FunctionName: echo\n      Runtime:");
    let (_, echo) = two.split_once("  Echo:").unwrap();
    let twice = format!("{two}  Other:{}", echo.replace("[orders]", "[other]"));
    let no_kafka = "Transform: AWS::Serverless-2016-10-31\nResources:\n".to_owned() + QUEUE;
    let cases: [(&str, &str, &[&str], &[&str]); 12] = [
        (
            "no template",
            &python,
            &["--template", "nowhere.yaml"],
            &["nowhere.yaml", "check that the template exists"],
        ),
        ("not YAML", "Resources: [", &TEMPLATE, &["template.yaml:2: ", "invalid YAML"]),
        (
            "a parameter",
            &python,
            &[&TEMPLATE[..], &["--parameter", "Stgae=x"]].concat(),
            &["no template has a parameter Stgae", "Stage"],
        ),
        (
            "no Kafka",
            &no_kafka,
            &TEMPLATE,
            &["no function in ../project/template.yaml is triggered by Kafka", "MSK or SelfManagedKafka"],
        ),
        ("one name twice", &twice, &TEMPLATE, &["the function echo is defined twice"]),
        (
            "a runtime",
            &template("java21", ""),
            &TEMPLATE,
            &["function Echo has the runtime java21", "--command Echo='PROGRAM"],
        ),
        (
            "no client",
            &python,
            &[&TEMPLATE[..], &["--venv", "../venv"]].concat(),
            &[
                "awslambdaric",
                "not found in the packages of",
                "/venv/bin/python3",
                "pip install awslambdaric",
                "--venv DIR",
            ],
        ),
        (
            "no Node client",
            &template("nodejs22.x", ""),
            &TEMPLATE,
            &["aws-lambda-ric", "/project/code", "npm install aws-lambda-ric"],
        ),
        (
            "not built",
            &template("provided.al2023", ""),
            &TEMPLATE,
            &["/project/code/bootstrap", "target/lambda/Echo/bootstrap", "--binaries DIR"],
        ),
        ("no code", &python.replace("code/", "cod/"), &TEMPLATE, &["../project/cod", "not a folder"]),
        (
            "another function",
            &python,
            &[&TEMPLATE[..], &["--command", "Ehco=true"]].concat(),
            &["no template has the function Ehco", "the functions are: Echo"],
        ),
        (
            "no emulator",
            &template("python3.11", QUEUE),
            &[&TEMPLATE[..], &["--command", "Echo=/bin/true"]].concat(),
            &[
                "ministack was not found",
                "the queue failures",
                "pip install ministack==",
                "--venv DIR",
                "--aws URL",
            ],
        ),
    ];
    for (what, text, arguments, parts) in cases {
        let place = Place::new(text);
        // Without any program of this machine that could help.
        let ended = place.run_with_path("/nonexistent", arguments).ended().await;
        assert_refused(what, &ended, parts);
    }
}

/// What the function printed first, as JSON.
async fn printed(running: &mut Running) -> Value {
    let stdout = running.stdout.clone();
    let line = running.line(&stdout, |line| line.starts_with("Echo.1 {")).await;
    serde_json::from_str(line.split_once(' ').unwrap().1).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn any_command_runs_from_any_folder_and_gets_the_published_bytes() {
    let unstartable = "  Nightly:\n    Type: AWS::Serverless::Function\n    Properties:\n      Runtime: java21\n      Handler: x\n      CodeUri: code/\n";
    let place = Place::new(&template("java21", unstartable));
    let mut running = place.run(&[&TEMPLATE[..], &["--command", STARTED, "--parameter", "Stage=x"]].concat());
    let kafka = address(&mut running, "Kafka").await;
    let recorded = address(&mut running, "AWS, recorded").await;
    let mut publish = tidings_local();
    fs::write(place.path().join("value"), b"\x00\xff order").unwrap();
    publish.args([
        "publish",
        "--bootstrap-servers",
        &kafka,
        "--topic",
        "orders",
        "--key",
        "k",
        "--header",
        "a=b",
    ]);
    publish.arg(place.path().join("value"));
    let published = spawn(publish).ended().await;
    assert!(published.stdout[0].starts_with("published a record to orders/"), "{:?}", published.stderr);

    let printed = printed(&mut running).await;
    assert_eq!(
        printed["folder"],
        place.path().join("project/code").canonicalize().unwrap().to_str().unwrap()
    );
    assert_eq!(printed["handler"], "shop.echo/Handler.handle");
    assert_eq!(printed["aws"], recorded);
    assert_eq!(printed["event"]["bootstrapServers"], kafka);
    let records = printed["event"]["records"].as_object().unwrap();
    let record = &records.values().next().unwrap()[0];
    assert_eq!(record["value"], "AP8gb3JkZXI=");
    assert_eq!(record["key"], "aw==");
    assert_eq!(record["headers"], json!([{"a": [98]}]));
    let stdout = running.stdout.clone();
    running.line(&stdout, |line| line == r"Echo.1 \u{1b}[2Jstarted").await;
    let noted =
        |line: &String| line.starts_with("note: ") && line.contains("Nightly") && line.contains("java21");
    assert!(running.stderr.all().iter().any(noted), "{:?}", running.stderr.all());

    // Whoever asked for it is gone, and the record is published all the same.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut publish = tidings_local();
    publish.args(["publish", "--bootstrap-servers", &kafka, "--topic", "orders"]);
    publish.arg(place.path().join("value")).stdout(writer);
    assert!(publish.status().await.unwrap().success());

    running.signal(Signal::INT);
    let ended = running.ended().await;
    assert_eq!(ended.status.code(), Some(130), "{:?}", ended.stderr);
}
