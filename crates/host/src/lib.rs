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
