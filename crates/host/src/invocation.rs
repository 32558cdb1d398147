//! One invocation, with the log lines and the report that Lambda writes about it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;

use super::failure::Failure;
use super::instance::{Instance, Request};
use super::pool::Lease;
use super::report::{Report, Status, milliseconds};
use super::spec::{FunctionSpec, HostOptions};

/// Runs one invocation to its end, whether or not the caller still waits. Releases the lease on return.
pub(super) async fn run(
    spec: Arc<FunctionSpec>,
    options: HostOptions,
    mut lease: Lease,
    request: Request,
) -> Result<Bytes, Failure> {
    let invocation =
        Invocation { spec: &spec, options: &options, name: lease.name.clone(), request: &request };
    let mut taken = Taken::default();
    let (started, answer) = match lease.warm.take() {
        Some(instance) => {
            invocation.log_start();
            invocation.invoke(instance, &mut taken).await
        }
        None => invocation.cold_start(&lease, &mut taken).await,
    };
    invocation.log_end(&answer, &taken);
    match started {
        Some(instance) => lease.give_back(instance),
        None => drop(lease),
    }
    answer
}

/// The time and memory that an invocation took.
#[derive(Default)]
struct Taken {
    duration: Duration,
    init: Option<Duration>,
    peak_memory_mb: Option<u32>,
}

struct Invocation<'a> {
    spec: &'a FunctionSpec,
    options: &'a HostOptions,
    name: String,
    request: &'a Request,
}

type Ended = (Option<Instance>, Result<Bytes, Failure>);

impl Invocation<'_> {
    /// Starts an instance and invokes it. If initialisation fails, it is [repeated] once within the invocation and
    /// counts against the function's timeout.
    ///
    /// [repeated]: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    async fn cold_start(&self, lease: &Lease, taken: &mut Taken) -> Ended {
        let started = Instant::now();
        let first = self.initialised(lease, self.options.init_limit).await;
        let init = started.elapsed();
        match first {
            Ok(instance) => {
                taken.init = Some(init);
                self.log_start();
                return self.invoke(instance, taken).await;
            }
            Err(failure) => self.log_init(&failure, "init", init),
        }
        self.log_start();
        let again = Instant::now();
        match self.initialised(lease, self.spec.timeout).await {
            Ok(instance) => {
                let ended = self.invoke(instance, taken).await;
                taken.duration = again.elapsed();
                ended
            }
            Err(failure) => {
                taken.duration = again.elapsed();
                self.log_init(&failure, "invoke", taken.duration);
                (None, Err(failure))
            }
        }
    }

    async fn initialised(&self, lease: &Lease, limit: Duration) -> Result<Instance, Failure> {
        let mut instance =
            Instance::start(self.spec, &self.name, lease.processes(), &self.options.on_line).await?;
        instance.initialise(limit).await?;
        Ok(instance)
    }

    async fn invoke(&self, mut instance: Instance, taken: &mut Taken) -> Ended {
        let started = Instant::now();
        let answer = instance.invoke(self.request, self.spec.timeout).await;
        taken.duration = started.elapsed();
        taken.peak_memory_mb = instance.peak_memory_mb();
        (Some(instance), answer)
    }

    fn log(&self, line: &str) {
        (self.options.on_line)(&self.name, line);
    }

    fn log_start(&self) {
        self.log(&format!("START RequestId: {} Version: $LATEST", self.request.id));
    }

    fn log_init(&self, failure: &Failure, phase: &str, took: Duration) {
        let status = match failure {
            Failure::TimedOut(_) => "Status: timeout".to_owned(),
            other => format!("Status: error\tError Type: {}", other.error_type()),
        };
        let took = milliseconds(took);
        self.log(&format!("INIT_REPORT Init Duration: {took:.2} ms\tPhase: {phase}\t{status}"));
    }

    fn log_end(&self, answer: &Result<Bytes, Failure>, taken: &Taken) {
        let id = &self.request.id;
        if let Err(failure) = answer {
            self.log_failure(failure);
        }
        self.log(&format!("END RequestId: {id}"));
        let (status, duration) = match answer {
            Ok(_) => (Status::Success, taken.duration),
            // The time to kill the process is not billed.
            Err(Failure::TimedOut(limit)) => (Status::Timeout, *limit),
            Err(other) => (Status::Error(other.error_type().to_owned()), taken.duration),
        };
        let report = Report {
            function: self.spec.name.clone(),
            instance: self.name.clone(),
            request_id: id.clone(),
            status,
            duration,
            memory_mb: self.spec.memory_mb,
            max_memory_used_mb: taken.peak_memory_mb,
            init: taken.init,
        };
        self.log(&report.to_string());
        (self.options.on_report)(&report);
    }

    /// Logs what the runtime cannot log itself. It logs its function's errors.
    fn log_failure(&self, failure: &Failure) {
        let id = &self.request.id;
        match failure {
            Failure::Function { .. } => {}
            Failure::TimedOut(_) => {
                let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ");
                self.log(&format!("{now} {id} {}", failure.message()));
            }
            other => {
                self.log(&format!("RequestId: {id} Error: {}", other.message()));
                self.log(other.error_type());
            }
        }
    }
}
