//! A local Lambda host. It runs the functions' real binaries, serves them the [Runtime API], and serves the
//! [Invoke API] to callers. It runs any program with a runtime interface client: `provided.*` executables, or for
//! example `python -m awslambdaric app.handler`.
//!
//! As on AWS, an instance starts on first use and when all others are busy, and warm instances are reused, the
//! most recently used first. An instance has ten seconds to initialise; if that fails, initialisation is repeated
//! once within the first invocation. At the timeout the whole process group is killed, and after a crash a new
//! instance starts. Invocations are throttled by reserved concurrency and by a limit for all functions together.
//!
//! Not implemented are asynchronous invocations, extensions, freezing between invocations, and the CPU share. The
//! memory limit is reported but not enforced.
//!
//! [Runtime API]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
//! [Invoke API]: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html

mod environment;
mod failure;
mod host;
mod instance;
mod invocation;
mod invoke_api;
mod pool;
mod processes;
mod report;
mod runtime_api;
mod server;
mod spec;
#[cfg(test)]
mod tests;

pub use host::Host;
pub use report::{Report, Status};
pub use spec::{FunctionSpec, HostOptions, LogSink, ReportSink};
