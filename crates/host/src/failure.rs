//! How an invocation fails, in AWS's words.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use axum::body::Bytes;
use serde_json::json;
use tidings_trigger::PAYLOAD_LIMIT;

/// The largest answer of a function, in bytes: what AWS names in its own error message.
pub(super) const RESPONSE_LIMIT: usize = PAYLOAD_LIMIT + 100;

/// Why an invocation has no answer of its function.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// The function's own error, as its runtime reported it; also one while it initialised.
    Function {
        /// Its JSON, handed on unchanged.
        payload: Bytes,
        /// Its `errorType`.
        error_type: String,
    },
    /// The process ended. None where the operating system could not tell how.
    Exited(Option<ExitStatus>),
    /// It took longer than the limit, which is the function's timeout, or the time to initialise.
    TimedOut(Duration),
    /// Its answer was over the limit.
    ResponseTooLarge,
    /// Its process or the server for its Runtime API could not be started.
    NotStarted(String),
}

impl Failure {
    /// AWS's name of the error.
    pub(super) fn error_type(&self) -> &str {
        match self {
            Self::Function { error_type, .. } => error_type,
            Self::Exited(_) => "Runtime.ExitError",
            Self::TimedOut(_) => "Sandbox.Timedout",
            Self::ResponseTooLarge => "Function.ResponseSizeTooLarge",
            Self::NotStarted(_) => "Runtime.InvalidEntrypoint",
        }
    }

    /// The sentence that AWS logs, and puts after `RequestId: … Error: ` in its answer. The wording is that of
    /// AWS's runtime interface emulator and of its documentation's log examples.
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

    /// The payload of the answer.
    pub(super) fn payload(&self, request_id: &str) -> Bytes {
        let message = match self {
            Self::Function { payload, .. } => return payload.clone(),
            Self::ResponseTooLarge => self.message(),
            _ => format!("RequestId: {request_id} Error: {}", self.message()),
        };
        json!({ "errorType": self.error_type(), "errorMessage": message }).to_string().into()
    }
}

/// Says it as AWS does, whose supervisor is written in Go: "exit status 1", "signal: killed".
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
