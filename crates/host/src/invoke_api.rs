//! The [Invoke API].
//!
//! A function has only one version here, so every qualifier refers to it. Asynchronous invocations (`Event`) are
//! rejected, because their retries and failure destinations are not implemented.
//!
//! [Invoke API]: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tidings_trigger::PAYLOAD_LIMIT;
use tidings_trigger::arn::lambda_arn;
use uuid::Uuid;

use crate::failure::Failure;
use crate::instance::Request;
use crate::invocation;
use crate::pool::{Pool, Throttle};
use crate::runtime_api::{Upload, read_up_to};
use crate::spec::{FunctionSpec, HostOptions};

/// State shared by the Invoke API and running invocations.
pub(crate) struct Shared {
    pub functions: BTreeMap<String, Arc<FunctionSpec>>,
    pub options: HostOptions,
    pub pool: Arc<Pool>,
}

/// The HTTP routes.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().route("/2015-03-31/functions/{name}/invocations", post(invoke)).with_state(shared)
}

async fn invoke(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let request_id = Uuid::new_v4().to_string();
    let mut response = match answer(&shared, &name, &headers, body, &request_id).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    };
    if let Ok(value) = request_id.parse() {
        response.headers_mut().insert("x-amzn-RequestId", value);
    }
    response
}

async fn answer(
    shared: &Arc<Shared>,
    name: &str,
    headers: &HeaderMap,
    body: Body,
    request_id: &str,
) -> Result<Response, Refusal> {
    // Read the body first: a client whose upload is cut off sees a broken connection instead of our response.
    let upload = read_up_to(body, PAYLOAD_LIMIT).await.map_err(|_| Refusal::Truncated)?;
    let target = Target::parse(name);
    let spec = shared.functions.get(target.function).ok_or_else(|| Refusal::NotFound(target.arn()))?;
    let payload = match upload {
        Upload::TooLarge(length) => return Err(Refusal::TooLarge(length)),
        // As on AWS, a function invoked without a payload gets an empty object.
        Upload::Whole(payload) if payload.is_empty() => Bytes::from_static(b"{}"),
        Upload::Whole(payload) => payload,
    };
    serde_json::from_slice::<IgnoredAny>(&payload).map_err(Refusal::NotJson)?;
    match text(headers, "X-Amz-Invocation-Type").unwrap_or("RequestResponse") {
        "RequestResponse" => {}
        "DryRun" => return Ok(StatusCode::NO_CONTENT.into_response()),
        other => return Err(Refusal::InvocationType(other.to_owned())),
    }
    let lease = shared.pool.lease(spec).map_err(Refusal::Throttled)?;
    let request = Request {
        id: request_id.to_owned(),
        function_arn: target.arn(),
        trace_id: text(headers, "X-Amzn-Trace-Id").map_or_else(new_trace_id, str::to_owned),
        payload,
    };
    // Run it in a separate task, so that the invocation continues when the caller hangs up.
    let run = invocation::run(Arc::clone(spec), shared.options.clone(), lease, request);
    let ended = tokio::spawn(run).await.map_err(|_| Refusal::Internal)?;
    Ok(ended_response(ended, request_id))
}

fn ended_response(ended: Result<Bytes, Failure>, request_id: &str) -> Response {
    let headers =
        [("X-Amz-Executed-Version", "$LATEST"), (header::CONTENT_TYPE.as_str(), "application/json")];
    match ended {
        Ok(payload) => (headers, payload).into_response(),
        Err(failure) => {
            (headers, [("X-Amz-Function-Error", "Unhandled")], failure.payload(request_id)).into_response()
        }
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The trace header that AWS creates if the caller sends none: not sampled.
fn new_trace_id() -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("Root=1-{:08x}-{};Sampled=0", Timestamp::now().as_second(), &random[..24])
}

/// The function and qualifier in a request's path.
struct Target<'n> {
    function: &'n str,
    qualifier: Option<&'n str>,
}

impl<'n> Target<'n> {
    /// Parses a name, a partial ARN (`{account}:function:{name}`) or an ARN, each with or without `:{qualifier}`.
    fn parse(name: &'n str) -> Self {
        let name = name.split_once(":function:").map_or(name, |(_, name)| name);
        match name.split_once(':') {
            Some((function, qualifier)) => Self { function, qualifier: Some(qualifier) },
            None => Self { function: name, qualifier: None },
        }
    }

    fn arn(&self) -> String {
        let qualifier = self.qualifier.map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
        lambda_arn(&format!("{}{qualifier}", self.function))
    }
}

/// Why a request is rejected.
enum Refusal {
    NotFound(String),
    TooLarge(usize),
    NotJson(serde_json::Error),
    InvocationType(String),
    Throttled(Throttle),
    Truncated,
    Internal,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error, body) = self.parts();
        (status, [("x-amzn-ErrorType", error)], Json(body)).into_response()
    }
}

impl Refusal {
    /// Status, exception and body. AWS itself mixes `message` and `Message`.
    fn parts(self) -> (StatusCode, &'static str, Value) {
        let user = |message: String| json!({ "Type": "User", "message": message });
        match self {
            Self::NotFound(arn) => (
                StatusCode::NOT_FOUND,
                "ResourceNotFoundException",
                json!({ "Type": "User", "Message": format!("Function not found: {arn}") }),
            ),
            Self::TooLarge(length) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestTooLargeException",
                json!({ "Message": format!(
                    "{length} byte payload is too large for the RequestResponse invocation type \
                     (limit {PAYLOAD_LIMIT} bytes)"
                ) }),
            ),
            Self::NotJson(error) => (
                StatusCode::BAD_REQUEST,
                "InvalidRequestContentException",
                user(format!("Could not parse request body into json: {error}")),
            ),
            Self::InvocationType(other) => (
                StatusCode::BAD_REQUEST,
                "InvalidParameterValueException",
                user(format!("invocation type {other} is not supported here; use RequestResponse or DryRun")),
            ),
            Self::Throttled(throttle) => (
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequestsException",
                json!({ "Type": "User", "message": "Rate Exceeded.", "Reason": throttle.reason() }),
            ),
            Self::Truncated => (
                StatusCode::BAD_REQUEST,
                "InvalidRequestContentException",
                user("the request body ended too early".to_owned()),
            ),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "ServiceException",
                json!({ "Type": "Service", "Message": "the host panicked while it ran the invocation" }),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_names_and_arns_with_and_without_qualifier() {
        for (name, arn) in [
            ("email", "arn:aws:lambda:us-east-1:000000000000:function:email"),
            ("email:live", "arn:aws:lambda:us-east-1:000000000000:function:email:live"),
            ("000000000000:function:email", "arn:aws:lambda:us-east-1:000000000000:function:email"),
            (
                "arn:aws:lambda:us-east-1:000000000000:function:email:$LATEST",
                "arn:aws:lambda:us-east-1:000000000000:function:email:$LATEST",
            ),
        ] {
            let target = Target::parse(name);
            assert_eq!((target.function, target.arn().as_str()), ("email", arn));
        }
    }
}
