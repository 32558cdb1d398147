//! What a host runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::report::Report;

/// One function, as its template describes it.
#[derive(Debug, Clone)]
pub struct FunctionSpec {
    /// The function's name, unique in a host.
    pub name: String,
    /// The program (a path, or a name looked up in PATH) and its arguments.
    pub command: Vec<String>,
    /// Where it is started and what `LAMBDA_TASK_ROOT` says; by default the folder of the program.
    pub working_directory: Option<PathBuf>,
    /// Its own environment variables; they win over those that the host sets.
    pub environment: BTreeMap<String, String>,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// Its memory in MB: reported to the function and in [`Report`], not enforced.
    pub memory_mb: u32,
    /// How many invocations may run at once; None: as many as the host allows.
    pub reserved_concurrency: Option<u32>,
}

/// Receives what an instance (`{function}.{number}`) writes, and what Lambda writes about it: START, END, REPORT.
pub type LogSink = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// Receives the numbers of each ended invocation, before its caller has the answer.
pub type ReportSink = Arc<dyn Fn(&Report) + Send + Sync>;

/// What all functions of a host share.
#[derive(Clone)]
pub struct HostOptions {
    /// How many instances may run at once. Idle ones of other functions make room; an invocation that would need
    /// one more is throttled.
    pub instance_limit: usize,
    /// How long an instance may take to initialise.
    pub init_limit: Duration,
    /// Receives log lines.
    pub on_line: LogSink,
    /// Receives reports.
    pub on_report: ReportSink,
}

impl Default for HostOptions {
    /// AWS's limits (1,000 concurrent executions, 10 seconds to initialise), and nobody listening.
    fn default() -> Self {
        Self {
            instance_limit: 1_000,
            init_limit: Duration::from_secs(10),
            on_line: Arc::new(|_, _| {}),
            on_report: Arc::new(|_| {}),
        }
    }
}
