//! The ways in which an invocation fails, with AWS's error types and messages.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use axum::body::Bytes;
use serde_json::json;
use tidings_trigger::PAYLOAD_LIMIT;

/// The largest response of a function, in bytes, as AWS's error message states it.
pub(super) const RESPONSE_LIMIT: usize = PAYLOAD_LIMIT + 100;

/// Why an invocation has no response.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// The runtime reported an error, in the handler or during initialisation.
    Function {
        /// The error as JSON, passed on unchanged.
        payload: Bytes,
        /// Its `errorType`.
        error_type: String,
    },
    /// The process exited. `None` if the operating system did not report a status.
    Exited(Option<ExitStatus>),
    /// The function exceeded this limit: its timeout, or the limit for initialisation.
    TimedOut(Duration),
    /// The response exceeds [`RESPONSE_LIMIT`].
    ResponseTooLarge,
    /// The process or its Runtime API server could not be started.
    NotStarted(String),
}

impl Failure {
    /// AWS's name for the error.
    pub(super) fn error_type(&self) -> &str {
        match self {
            Self::Function { error_type, .. } => error_type,
            Self::Exited(_) => "Runtime.ExitError",
            Self::TimedOut(_) => "Sandbox.Timedout",
            Self::ResponseTooLarge => "Function.ResponseSizeTooLarge",
            Self::NotStarted(_) => "Runtime.InvalidEntrypoint",
        }
    }

    /// The message that AWS logs and puts after `RequestId: … Error: ` in its response. The wording follows AWS's
    /// runtime interface emulator and the log examples in its documentation.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Function { .. } => String::new(),
            Self::Exited(status) => describe_exit(*status),
            Self::TimedOut(limit) => format!("Task timed out after {:.2} seconds", limit.as_secs_f64()),
            Self::ResponseTooLarge => {
                format!(
                    "Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
                )
            }
            Self::NotStarted(reason) => reason.clone(),
        }
    }

    /// The payload of the response.
    pub(super) fn payload(&self, request_id: &str) -> Bytes {
        let message = match self {
            Self::Function { payload, .. } => return payload.clone(),
            Self::ResponseTooLarge => self.message(),
            _ => format!("RequestId: {request_id} Error: {}", self.message()),
        };
        json!({ "errorType": self.error_type(), "errorMessage": message }).to_string().into()
    }
}

/// Formats the status as Go does, because AWS's supervisor is written in Go: "exit status 1", "signal: killed".
fn describe_exit(status: Option<ExitStatus>) -> String {
    let Some(status) = status.filter(|status| !status.success()) else {
        return "Runtime exited without providing a reason".to_owned();
    };
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(4)) => "signal: illegal instruction".to_owned(),
        (None, Some(6)) => "signal: aborted".to_owned(),
        (None, Some(7)) => "signal: bus error".to_owned(),
        (None, Some(8)) => "signal: floating point exception".to_owned(),
        (None, Some(9)) => "signal: killed".to_owned(),
        (None, Some(11)) => "signal: segmentation fault".to_owned(),
        (None, Some(15)) => "signal: terminated".to_owned(),
        (None, signal) => format!("signal: signal {}", signal.unwrap_or_default()),
    };
    format!("Runtime exited with error: {how}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(raw: i32) -> String {
        Failure::Exited(Some(ExitStatus::from_raw(raw))).message()
    }

    #[test]
    fn an_exit_reads_as_on_aws() {
        assert_eq!(message(0), "Runtime exited without providing a reason");
        assert_eq!(message(1 << 8), "Runtime exited with error: exit status 1");
        assert_eq!(message(9), "Runtime exited with error: signal: killed");
    }

    #[test]
    fn a_timeout_reads_as_on_aws() {
        let payload = Failure::TimedOut(Duration::from_secs(3)).payload("id-1");
        let payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(payload["errorType"], "Sandbox.Timedout");
        assert_eq!(payload["errorMessage"], "RequestId: id-1 Error: Task timed out after 3.00 seconds");
    }
}
