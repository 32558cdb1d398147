//! Starting, controlling and shutting down a host.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tidings_process::{StartError, find_program};
use tokio::task::AbortHandle;

use crate::invoke_api::{self, Shared};
use crate::pool::Pool;
use crate::server::{listen, serve};
use crate::spec::{FunctionSpec, HostOptions};

/// The time between SIGTERM and SIGKILL, as in Lambda's [Shutdown phase] for a runtime with extensions.
///
/// [Shutdown phase]: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);

/// A running host. Dropping it kills all instances at once.
pub struct Host {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: AbortHandle,
}

impl Host {
    /// Opens the Invoke API on a free loopback port. Functions start on first use, but a missing program is an
    /// error here.
    pub async fn start(functions: Vec<FunctionSpec>, options: HostOptions) -> Result<Self, StartError> {
        let functions = functions.into_iter().map(checked).collect::<Result<BTreeMap<_, _>, _>>()?;
        let (listener, address) = listen("the Lambda host").await?;
        let pool = Arc::new(Pool::new(options.instance_limit));
        let shared = Arc::new(Shared { functions, options, pool });
        let server = serve(listener, invoke_api::router(Arc::clone(&shared)));
        Ok(Self { address, shared, server })
    }

    /// The address of the Invoke API.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Kills the process of an instance (`{function}.{number}`) with SIGKILL; its invocation ends with
    /// `Runtime.ExitError`. Returns false if no such instance is running.
    #[must_use = "false means that there was nothing to kill"]
    pub fn kill(&self, instance: &str) -> bool {
        self.shared.pool.processes().kill(instance)
    }

    /// Returns a function that does what [`Host::kill`] does, without keeping the host alive.
    pub fn killer(&self) -> impl Fn(&str) -> bool + Send + Sync + Clone + 'static {
        let pool = Arc::downgrade(&self.shared.pool);
        move |instance| pool.upgrade().is_some_and(|pool| pool.processes().kill(instance))
    }

    /// Stops all instances, busy ones too, with SIGTERM and after two seconds SIGKILL. Returns when all are gone.
    pub async fn shutdown(self) {
        self.server.abort();
        let stops = self.shared.pool.processes().close().into_iter().map(|process| async move {
            process.stop(SHUTDOWN_LIMIT).await;
        });
        futures::future::join_all(stops).await;
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.server.abort();
        for process in self.shared.pool.processes().close() {
            process.kill();
        }
    }
}

/// Resolves a function's program, so that a missing program is an error at start and not at the first event.
fn checked(mut spec: FunctionSpec) -> Result<(String, Arc<FunctionSpec>), StartError> {
    let Some(program) = spec.command.first_mut() else {
        return Err(StartError::Setting(format!(
            "function {} has no command; set one that starts with its program",
            spec.name
        )));
    };
    let remedy = format!("function {} needs it; build or install it", spec.name);
    let path = find_program(program, &remedy)?;
    *program = path.into_os_string().into_string().map_err(|path| {
        StartError::Setting(format!("{}: the path is not valid Unicode; move it", path.display()))
    })?;
    Ok((spec.name.clone(), Arc::new(spec)))
}
