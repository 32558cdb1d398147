//! A minimal AWS client for provisioning and inspecting the emulator.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use tidings_process::StartError;
use tidings_trigger::answer::{elements, error_code};
use tidings_trigger::arn::REGION;

use super::Emulator;

const ANSWER_LIMIT: Duration = Duration::from_mins(1);

/// A call to the emulator failed.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// It did not respond.
    #[error("the AWS emulator did not respond to {operation}: {source}; check that it is running")]
    Unreachable {
        /// The API operation.
        operation: String,
        /// The HTTP client's error.
        source: reqwest::Error,
    },
    /// It returned an error.
    #[error("the AWS emulator rejected {operation} with status {status}: {code}")]
    Refused {
        /// The API operation.
        operation: String,
        /// The HTTP status.
        status: u16,
        /// The error code, or the start of the response body if it has none.
        code: String,
    },
    /// Its response has an unexpected format, e.g. because it is not ministack.
    #[error("the AWS emulator's response to {operation} has no {missing}; check that it is ministack 1.5.33")]
    Unexpected {
        /// The API operation.
        operation: String,
        /// The missing part.
        missing: &'static str,
    },
}

pub(super) fn new() -> Result<reqwest::Client, StartError> {
    reqwest::Client::builder().no_proxy().timeout(ANSWER_LIMIT).build().map_err(|error| {
        StartError::Setting(format!("the HTTP client for the AWS emulator could not be created: {error}"))
    })
}

impl Emulator {
    /// A request with a fake signature, from which emulators only read the service.
    pub(super) fn request(&self, method: Method, service: &str, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.endpoint)).header(
            "authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential=local/20260101/{REGION}/{service}/aws4_request, \
                 SignedHeaders=host, Signature=0"
            ),
        )
    }

    /// Calls a JSON 1.0 operation; `target` is e.g. `DynamoDB_20120810.PutItem`.
    pub(super) async fn json(
        &self,
        service: &str,
        target: &str,
        input: &Value,
    ) -> Result<Value, EmulatorError> {
        let request = self
            .request(Method::POST, service, "/")
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0")
            .body(input.to_string());
        let body = text(target, request).await?;
        serde_json::from_str(&body)
            .map_err(|_| EmulatorError::Unexpected { operation: target.to_owned(), missing: "JSON body" })
    }

    /// Calls an SNS operation and returns the text of the element `wanted` in the response.
    pub(super) async fn sns(
        &self,
        action: &str,
        parameters: &[(&str, &str)],
        wanted: &'static str,
    ) -> Result<String, EmulatorError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", action)
            .append_pair("Version", "2010-03-31")
            .extend_pairs(parameters)
            .finish();
        let request = self
            .request(Method::POST, "sns", "/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let body = text(action, request).await?;
        elements(&body, wanted)
            .next()
            .map(str::to_owned)
            .ok_or_else(|| EmulatorError::Unexpected { operation: action.to_owned(), missing: wanted })
    }
}

/// Sends a request and returns the response if it is a success.
pub(super) async fn send(operation: &str, request: RequestBuilder) -> Result<Response, EmulatorError> {
    let unreachable = |source| EmulatorError::Unreachable { operation: operation.to_owned(), source };
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body = response.text().await.map_err(unreachable)?;
    Err(EmulatorError::Refused {
        operation: operation.to_owned(),
        status: status.as_u16(),
        code: error_code(&body),
    })
}

/// Sends a request and returns the response's text.
pub(super) async fn text(operation: &str, request: RequestBuilder) -> Result<String, EmulatorError> {
    let response = send(operation, request).await?;
    response
        .text()
        .await
        .map_err(|source| EmulatorError::Unreachable { operation: operation.to_owned(), source })
}
