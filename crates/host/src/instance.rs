//! One instance of a function: its process and its Runtime API.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use tidings_process::{Launch, Process, StartError};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

use super::environment;
use super::failure::Failure;
use super::processes::Processes;
use super::runtime_api::{self, Event, RuntimeApi};
use super::server::{listen, serve};
use super::spec::{FunctionSpec, LogSink};

/// One invocation request.
pub(super) struct Request {
    /// The request id.
    pub id: String,
    /// The function's ARN, with the caller's qualifier.
    pub function_arn: String,
    /// The X-Ray trace header.
    pub trace_id: String,
    /// The event as JSON.
    pub payload: Bytes,
}

/// A started instance. Dropping it kills its process.
pub(super) struct Instance {
    /// `{function}.{number}`.
    pub name: String,
    process: Arc<Process>,
    api: Arc<RuntimeApi>,
    server: AbortHandle,
    peak_memory: Option<u64>,
}

impl Instance {
    /// Starts the process of instance `name` and registers it with `processes`, so that it can be killed.
    pub(super) async fn start(
        spec: &FunctionSpec,
        name: &str,
        processes: &Processes,
        on_line: &LogSink,
    ) -> Result<Self, Failure> {
        let not_started = |error: StartError| Failure::NotStarted(error.to_string());
        let (listener, address) = listen(&format!("the Runtime API of {name}")).await.map_err(not_started)?;
        let program = Path::new(&spec.command[0]);
        let directory = spec.working_directory.as_deref().or(program.parent()).unwrap_or(Path::new("/"));
        let sink = {
            let (on_line, name) = (Arc::clone(on_line), name.to_owned());
            move |line: &str| on_line(&name, line)
        };
        let process = Launch::new(format!("function {}", spec.name), program, "build or install it")
            .arguments(&spec.command[1..])
            .directory(directory)
            .clean_environment()
            .variables(environment::of_instance(spec, name, directory, address))
            .on_line(Arc::new(sink))
            .start()
            .map_err(not_started)?;
        let process = Arc::new(process);
        if !processes.register(name, &process) {
            return Err(Failure::NotStarted("the host is shutting down".to_owned()));
        }
        let api = RuntimeApi::new();
        let server = serve(listener, runtime_api::router(Arc::clone(&api)));
        Ok(Self { name: name.to_owned(), process, api, server, peak_memory: None })
    }

    /// Waits until the runtime asks for its first event. If it fails, its process is gone on return.
    pub(super) async fn initialise(&mut self, limit: Duration) -> Result<(), Failure> {
        let initialised = tokio::select! {
            ready = self.api.ready() => ready,
            status = self.process.wait() => Err(Failure::Exited(status)),
            () = tokio::time::sleep(limit) => Err(Failure::TimedOut(limit)),
        };
        self.note_memory();
        if initialised.is_err() {
            self.end().await;
        }
        initialised
    }

    /// Gives the runtime the event, and waits for its response and for its request for the next event: then it is
    /// free for a caller that invokes again at once. After a timeout, its process is gone on return.
    pub(super) async fn invoke(&mut self, request: &Request, timeout: Duration) -> Result<Bytes, Failure> {
        let deadline = Instant::now() + timeout;
        let answered = self.api.give(Event {
            request_id: request.id.clone(),
            deadline_ms: (SystemTime::now() + timeout)
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_millis(),
            function_arn: request.function_arn.clone(),
            trace_id: request.trace_id.clone(),
            payload: request.payload.clone(),
        });
        let answer = tokio::select! {
            biased;
            Ok(answer) = answered => answer,
            status = self.process.wait() => Err(Failure::Exited(status)),
            () = tokio::time::sleep_until(deadline) => Err(Failure::TimedOut(timeout)),
        };
        let answered = !matches!(answer, Err(Failure::Exited(_) | Failure::TimedOut(_)));
        if answered && self.free_again(deadline).await {
            self.note_memory();
        } else {
            self.note_memory();
            self.end().await;
        }
        answer
    }

    /// Waits until the runtime asks for the next event. False if it exits or the deadline passes first.
    async fn free_again(&self, deadline: Instant) -> bool {
        tokio::select! {
            biased;
            ready = timeout_at(deadline, self.api.ready()) => matches!(ready, Ok(Ok(()))),
            _ = self.process.wait() => false,
        }
    }

    /// Whether its process is running.
    pub(super) fn alive(&self) -> bool {
        self.process.exit_status().is_none()
    }

    /// The peak memory of its process in MB, rounded up, as of the last check.
    pub(super) fn peak_memory_mb(&self) -> Option<u32> {
        self.peak_memory.and_then(|bytes| u32::try_from(bytes.div_ceil(1 << 20)).ok())
    }

    fn note_memory(&mut self) {
        self.peak_memory = self.process.peak_memory().or(self.peak_memory);
    }

    async fn end(&self) {
        self.process.kill();
        self.process.wait().await;
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.server.abort();
        // The processes list may still hold the process for a moment to send it a signal.
        self.process.kill();
    }
}
