//! A Lambda host: starts functions' real binaries, speaks the [Runtime API] to them, and offers the [Invoke API]
//! to callers. Anything with a runtime interface client runs in it: `provided.*` executables, or for example
//! `python -m awslambdaric app.handler`.
//!
//! As on AWS: a cold start on first use or when all instances are busy, warm instances reused (the latest used
//! first), ten seconds to initialise and a second try within the first invocation, the whole process group killed
//! at the timeout, a new instance after a crash, throttling by reserved concurrency and by a limit over all
//! functions. Not imitated: asynchronous invocations, extensions, freezing between invocations, CPU share, and
//! the memory limit (which is reported, not enforced).
//!
//! [Runtime API]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
//! [Invoke API]: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html

mod environment;
mod failure;
mod instance;
mod invocation;
mod invoke_api;
mod pool;
mod report;
mod runtime_api;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::error::StartError;
use crate::process::find_program;
use pool::Pool;

pub use report::{Report, Status};

/// The largest event and, 100 bytes aside, the largest answer of a synchronous invocation, in bytes ([quotas]).
///
/// [quotas]: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
pub const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// How long SIGTERM has before SIGKILL follows: what Lambda's [Shutdown phase] gives a runtime with extensions.
///
/// [Shutdown phase]: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);

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

/// A running host. Dropping it kills all instances at once.
pub struct Host {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: AbortHandle,
}

/// What the Invoke API and running invocations need.
struct Shared {
    functions: BTreeMap<String, Arc<FunctionSpec>>,
    options: HostOptions,
    pool: Arc<Pool>,
}

impl Host {
    /// Opens the Invoke API on a loopback port that the operating system chooses. Functions start on first use;
    /// one whose program does not exist is an error now.
    pub async fn start(functions: Vec<FunctionSpec>, options: HostOptions) -> Result<Self, StartError> {
        let functions = functions.into_iter().map(checked).collect::<Result<BTreeMap<_, _>, _>>()?;
        let (listener, address) = listen("the Lambda host").await?;
        let pool = Arc::new(Pool::new(options.instance_limit));
        let shared = Arc::new(Shared { functions, options, pool });
        let server = serve(listener, invoke_api::router(Arc::clone(&shared)));
        Ok(Self { address, shared, server })
    }

    /// Where the Invoke API listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Kills the process of an instance (`{function}.{number}`) at once, by SIGKILL, whatever it is doing; its
    /// invocation ends with `Runtime.ExitError`. False where no such instance runs.
    #[must_use = "false says that there was nothing to kill"]
    pub fn kill(&self, instance: &str) -> bool {
        self.shared.pool.kill(instance)
    }

    /// A function that kills instances as [`Host::kill`] does, for callers that must not keep the host alive.
    pub fn killer(&self) -> impl Fn(&str) -> bool + Send + Sync + Clone + 'static {
        let pool = Arc::downgrade(&self.shared.pool);
        move |instance| pool.upgrade().is_some_and(|pool| pool.kill(instance))
    }

    /// Ends all instances, busy ones too: SIGTERM, after two seconds SIGKILL. Returns when none is left.
    pub async fn shutdown(self) {
        self.server.abort();
        let stops = self.shared.pool.close().into_iter().map(|process| async move {
            process.stop(SHUTDOWN_LIMIT).await;
        });
        futures::future::join_all(stops).await;
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.server.abort();
        for process in self.shared.pool.close() {
            process.kill();
        }
    }
}

/// Resolves a function's program, so that a missing one is found before any event is lost on it.
fn checked(mut spec: FunctionSpec) -> Result<(String, Arc<FunctionSpec>), StartError> {
    let Some(program) = spec.command.first_mut() else {
        return Err(StartError::Setting(format!("function {} has no command; name its program", spec.name)));
    };
    let remedy = format!("function {} needs it; build or install it", spec.name);
    let path = find_program(program, &remedy)?;
    *program = path.into_os_string().into_string().map_err(|path| {
        StartError::Setting(format!("{}: the path is not valid Unicode; move it", path.display()))
    })?;
    Ok((spec.name.clone(), Arc::new(spec)))
}

/// Listens on a loopback port that the operating system chooses.
async fn listen(what: &str) -> Result<(TcpListener, SocketAddr), StartError> {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bound.await.map_err(|error: std::io::Error| StartError::Listen {
        what: what.to_owned(),
        address: address.to_string(),
        reason: error.to_string(),
    })
}

/// Serves `router` until the handle is aborted.
fn serve(listener: TcpListener, router: Router) -> AbortHandle {
    // Without it, a large payload waits for the other side's delayed acknowledgement: 40 ms.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle()
}

#[cfg(test)]
mod tests;
