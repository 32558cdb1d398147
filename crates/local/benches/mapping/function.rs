//! A function that does nothing, in the host.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tidings_host::{FunctionSpec, Host, HostOptions};

/// Its name.
pub const NAME: &str = "idle";

/// Serves Lambda.
pub fn serve() {
    let service = service_fn(async |_: LambdaEvent<Box<RawValue>>| Ok::<_, lambda_runtime::Error>(()));
    tokio::runtime::Runtime::new().unwrap().block_on(lambda_runtime::run(service)).unwrap();
}

/// A host with the function.
pub struct IdleHost(Host);

impl IdleHost {
    /// Base URL of its Invoke API.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.0.address())
    }

    /// Ends it.
    pub async fn stop(self) {
        self.0.shutdown().await;
    }
}

/// Starts the host.
pub async fn host() -> IdleHost {
    let program = std::env::current_exe().unwrap();
    let function = FunctionSpec {
        name: NAME.to_owned(),
        command: vec![program.display().to_string()],
        working_directory: None,
        environment: BTreeMap::new(),
        timeout: Duration::from_mins(1),
        memory_mb: 512,
        reserved_concurrency: None,
    };
    let options = HostOptions { on_line: Arc::new(|_, _| {}), ..HostOptions::default() };
    IdleHost(Host::start(vec![function], options).await.unwrap())
}
