//! Lambda's REPORT line: the duration and memory of an invocation.

use std::fmt;
use std::time::Duration;

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// The function returned a response.
    Success,
    /// The function failed or its process exited. Holds the error type, from AWS or from the function.
    Error(String),
    /// The invocation exceeded the function's timeout.
    Timeout,
}

/// The report of a finished invocation. Its `Display` is Lambda's REPORT line.
#[derive(Debug, Clone)]
pub struct Report {
    /// The function's name.
    pub function: String,
    /// The instance's name, `{function}.{number}`.
    pub instance: String,
    /// The request id.
    pub request_id: String,
    /// How the invocation ended.
    pub status: Status,
    /// How long the function ran; after a timeout, the timeout.
    pub duration: Duration,
    /// The function's configured memory, in MB.
    pub memory_mb: u32,
    /// The peak memory of its process, in MB. `None` if the operating system does not report it.
    pub max_memory_used_mb: Option<u32>,
    /// How long initialisation took. Set only for the invocation that started the instance.
    pub init: Option<Duration>,
}

impl Report {
    /// The billed duration: duration plus initialisation (billed for every function [since August 2025]), rounded
    /// up to whole milliseconds.
    ///
    /// [since August 2025]: https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
    #[must_use]
    pub fn billed_ms(&self) -> u64 {
        let total = self.duration + self.init.unwrap_or_default();
        u64::try_from(total.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB\t\
             Max Memory Used: {} MB\t",
            self.request_id,
            milliseconds(self.duration),
            self.billed_ms(),
            self.memory_mb,
            self.max_memory_used_mb.unwrap_or_default(),
        )?;
        if let Some(init) = self.init {
            write!(f, "Init Duration: {:.2} ms\t", milliseconds(init))?;
        }
        match &self.status {
            Status::Success => Ok(()),
            Status::Error(error_type) => write!(f, "Status: error\tError Type: {error_type}"),
            Status::Timeout => f.write_str("Status: timeout"),
        }
    }
}

/// Milliseconds with fraction, for log lines.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(status: Status, init: Option<Duration>) -> Report {
        Report {
            function: "email".to_owned(),
            instance: "email.1".to_owned(),
            request_id: "id-1".to_owned(),
            status,
            duration: Duration::from_micros(26_732),
            memory_mb: 128,
            max_memory_used_mb: Some(77),
            init,
        }
    }

    #[test]
    fn displays_as_lambdas_report_line() {
        assert_eq!(
            report(Status::Success, Some(Duration::from_micros(411_400))).to_string(),
            "REPORT RequestId: id-1\tDuration: 26.73 ms\tBilled Duration: 439 ms\tMemory Size: 128 MB\t\
             Max Memory Used: 77 MB\tInit Duration: 411.40 ms\t"
        );
        assert_eq!(
            report(Status::Error("Runtime.ExitError".to_owned()), None).to_string(),
            "REPORT RequestId: id-1\tDuration: 26.73 ms\tBilled Duration: 27 ms\tMemory Size: 128 MB\t\
             Max Memory Used: 77 MB\tStatus: error\tError Type: Runtime.ExitError"
        );
    }
}
