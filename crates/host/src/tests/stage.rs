//! A host for tests: its functions do what an event says, and its log lines and reports are kept.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::super::*;

pub(super) fn function(name: &str) -> FunctionSpec {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/runtime.py");
    FunctionSpec {
        name: name.to_owned(),
        command: vec!["python3".to_owned(), runtime.to_str().unwrap().to_owned()],
        working_directory: None,
        environment: BTreeMap::new(),
        timeout: Duration::from_mins(1),
        memory_mb: 256,
        reserved_concurrency: None,
    }
}

pub(super) fn initialising(name: &str, how: &str) -> FunctionSpec {
    let environment = BTreeMap::from([("INIT".to_owned(), how.to_owned())]);
    FunctionSpec { environment, ..function(name) }
}

/// A host, the lines it has logged, and its reports.
pub(super) struct Stage {
    pub(super) host: Host,
    pub(super) lines: Arc<Mutex<Vec<String>>>,
    pub(super) reports: mpsc::UnboundedReceiver<Report>,
}

impl Stage {
    pub(super) async fn with(
        functions: Vec<FunctionSpec>,
        instance_limit: usize,
        init_limit: Duration,
    ) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (report, reports) = mpsc::unbounded_channel();
        let sink = Arc::clone(&lines);
        let options = HostOptions {
            instance_limit,
            init_limit,
            on_line: Arc::new(move |_, line| sink.lock().unwrap().push(line.to_owned())),
            on_report: Arc::new(move |ended| drop(report.send(ended.clone()))),
        };
        Self { host: Host::start(functions, options).await.unwrap(), lines, reports }
    }

    pub(super) async fn of(functions: Vec<FunctionSpec>) -> Self {
        Self::with(functions, 1_000, Duration::from_secs(10)).await
    }

    pub(super) fn request(&self, function: &str, event: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        let address = self.host.address();
        reqwest::Client::new()
            .post(format!("http://{address}/2015-03-31/functions/{function}/invocations"))
            .body(event)
    }

    pub(super) fn invoke(
        &self,
        function: &str,
        event: &Value,
    ) -> impl Future<Output = Answered> + Send + use<> {
        let request = self.request(function, event.to_string());
        async move { Answered::of(request.send().await.unwrap()).await }
    }

    /// Starts an invocation that waits at a gate. Returns the invocation, its instance's name and the gate.
    pub(super) async fn invoke_at_gate(
        &self,
        function: &str,
    ) -> (tokio::task::JoinHandle<Answered>, String, TcpStream) {
        let gate = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = gate.local_addr().unwrap().port();
        let running = tokio::spawn(self.invoke(function, &json!({ "do": "gate", "port": port })));
        let accepted = tokio::time::timeout(Duration::from_secs(30), gate.accept()).await;
        let mut connection = accepted.expect("the function should be running").unwrap().0;
        let mut instance = String::new();
        BufReader::new(&mut connection).read_line(&mut instance).await.unwrap();
        (running, instance.trim().to_owned(), connection)
    }

    pub(super) fn logged(&self, part: &str) -> bool {
        self.lines.lock().unwrap().iter().any(|line| line.contains(part))
    }
}

#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) body: Value,
}

impl Answered {
    pub(super) async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.unwrap();
        Self { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Asserts that the response is a function error of this type, and returns its message.
    #[track_caller]
    pub(super) fn function_error(&self, error_type: &str) -> &str {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        assert_eq!(self.header("X-Amz-Function-Error"), Some("Unhandled"), "{self:?}");
        assert_eq!(self.body["errorType"], error_type, "{self:?}");
        self.body["errorMessage"].as_str().unwrap()
    }
}
