//! The configuration of a host and its functions.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::report::Report;

/// A function's configuration, as in its template.
#[derive(Debug, Clone)]
pub struct FunctionSpec {
    /// The function's name, unique in a host.
    pub name: String,
    /// The program (a path, or a name looked up in PATH) and its arguments.
    pub command: Vec<String>,
    /// The working directory and `LAMBDA_TASK_ROOT`. Defaults to the program's folder.
    pub working_directory: Option<PathBuf>,
    /// The function's environment variables. They override those that the host sets.
    pub environment: BTreeMap<String, String>,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// Memory in MB. Passed to the function and shown in [`Report`], but not enforced.
    pub memory_mb: u32,
    /// How many invocations may run at once. `None` leaves only the host's limit.
    pub reserved_concurrency: Option<u32>,
}

/// Receives the name of an instance (`{function}.{number}`) and a log line: the instance's output, or a line that
/// Lambda writes about it (START, END, REPORT).
pub type LogSink = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// Receives the report of each finished invocation before the caller gets the response.
pub type ReportSink = Arc<dyn Fn(&Report) + Send + Sync>;

/// Settings that apply to all functions of a host.
#[derive(Clone)]
pub struct HostOptions {
    /// How many instances may run at once. An idle instance of another function is stopped to make room; if there
    /// is none, the invocation is throttled.
    pub instance_limit: usize,
    /// How long an instance may take to initialise.
    pub init_limit: Duration,
    /// Called for every log line.
    pub on_line: LogSink,
    /// Called for every finished invocation.
    pub on_report: ReportSink,
}

impl Default for HostOptions {
    /// AWS's limits (1,000 concurrent executions, 10 seconds to initialise), and sinks that discard everything.
    fn default() -> Self {
        Self {
            instance_limit: 1_000,
            init_limit: Duration::from_secs(10),
            on_line: Arc::new(|_, _| {}),
            on_report: Arc::new(|_| {}),
        }
    }
}
