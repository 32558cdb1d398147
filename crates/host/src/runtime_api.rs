//! The [Runtime API] of one instance: gives the runtime one event at a time and accepts its response.
//!
//! Statuses and bodies follow AWS's `OpenAPI` description of the API and AWS's runtime interface emulator.
//!
//! [Runtime API]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::TryStreamExt as _;
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

use super::failure::{Failure, RESPONSE_LIMIT};

/// The runtime's response to an event, or its error.
pub(super) type Answer = Result<Bytes, Failure>;

/// One event for the runtime.
pub(super) struct Event {
    /// The invocation's request id.
    pub request_id: String,
    /// The function's deadline, in milliseconds since 1970.
    pub deadline_ms: u128,
    /// The function's ARN, with the caller's qualifier.
    pub function_arn: String,
    /// The X-Ray trace header.
    pub trace_id: String,
    /// The event as JSON.
    pub payload: Bytes,
}

/// The state of the runtime, derived from its calls.
enum Phase {
    /// It has started but has not asked for an event yet.
    Initialising,
    /// It reported that initialisation failed.
    InitFailed(Failure),
    /// It waits for an event.
    Idle,
    /// An event is ready for it.
    Pending(Event, oneshot::Sender<Answer>),
    /// It is processing the event with this request id.
    Running(String, oneshot::Sender<Answer>),
    /// It has responded but has not asked for the next event yet.
    Answered,
}

/// The Runtime API of one instance: the HTTP handlers below serve the runtime, the methods serve the host.
pub(super) struct RuntimeApi {
    phase: watch::Sender<Phase>,
}

impl RuntimeApi {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { phase: watch::Sender::new(Phase::Initialising) })
    }

    /// Waits until the runtime asks for an event or reports that initialisation failed.
    pub(super) async fn ready(&self) -> Result<(), Failure> {
        let mut phases = self.phase.subscribe();
        let phase = phases.wait_for(|phase| matches!(phase, Phase::Idle | Phase::InitFailed(_))).await;
        match phase.as_deref() {
            Ok(Phase::InitFailed(failure)) => Err(failure.clone()),
            // Waiting fails only if the sender is dropped, and self owns it.
            _ => Ok(()),
        }
    }

    /// Gives the runtime an event and returns a receiver for its response. Call it only when the runtime is
    /// [`RuntimeApi::ready`].
    pub(super) fn give(&self, event: Event) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        self.phase.send_replace(Phase::Pending(event, answer));
        answered
    }

    /// Takes the pending event and marks it as running.
    fn take(&self) -> Option<Event> {
        let mut taken = None;
        self.phase.send_if_modified(|phase| {
            match std::mem::replace(phase, Phase::Answered) {
                Phase::Pending(event, answer) => {
                    *phase = Phase::Running(event.request_id.clone(), answer);
                    taken = Some(event);
                }
                other => *phase = other,
            }
            taken.is_some()
        });
        taken
    }

    /// Passes on the response to `request_id`. Returns false if that invocation is not running.
    fn answer(&self, request_id: &str, answer: Answer) -> bool {
        self.phase.send_if_modified(|phase| {
            if !matches!(phase, Phase::Running(id, _) if id == request_id) {
                return false;
            }
            if let Phase::Running(_, waiting) = std::mem::replace(phase, Phase::Answered) {
                // The receiver is gone if the invocation timed out meanwhile.
                let _ = waiting.send(answer);
            }
            true
        })
    }

    /// Records that the runtime asks for an event. Returns false if it has not responded to the last one yet, or
    /// if its initialisation failed.
    fn idle(&self) -> bool {
        let mut allowed = true;
        self.phase.send_if_modified(|phase| match phase {
            Phase::Initialising | Phase::Answered => {
                *phase = Phase::Idle;
                true
            }
            // It asks again because its connection broke while it waited.
            Phase::Idle | Phase::Pending(..) => false,
            Phase::Running(..) | Phase::InitFailed(_) => {
                allowed = false;
                false
            }
        });
        allowed
    }
}

/// The HTTP routes.
pub(super) fn router(api: Arc<RuntimeApi>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .with_state(api)
}

async fn next(State(api): State<Arc<RuntimeApi>>) -> Response {
    if !api.idle() {
        return refuse(
            StatusCode::FORBIDDEN,
            "InvalidStateTransition",
            "the last event has no response yet, or initialisation failed",
        );
    }
    let mut phases = api.phase.subscribe();
    loop {
        if let Some(event) = api.take() {
            return event_response(event);
        }
        if phases.changed().await.is_err() {
            return StatusCode::GONE.into_response();
        }
    }
}

fn event_response(event: Event) -> Response {
    let headers = [
        ("Lambda-Runtime-Aws-Request-Id", event.request_id),
        ("Lambda-Runtime-Deadline-Ms", event.deadline_ms.to_string()),
        ("Lambda-Runtime-Invoked-Function-Arn", event.function_arn),
        ("Lambda-Runtime-Trace-Id", event.trace_id),
    ];
    let mut response = Response::new(Body::from(event.payload));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        // These values come from headers and paths and are valid in a header. An invalid one is left out.
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn response(State(api): State<Arc<RuntimeApi>>, Path(id): Path<String>, body: Body) -> Response {
    match read_up_to(body, RESPONSE_LIMIT).await {
        Err(_) => truncated(),
        Ok(Upload::Whole(payload)) => accepted(api.answer(&id, Ok(payload))),
        Ok(Upload::TooLarge(_)) => {
            if !api.answer(&id, Err(Failure::ResponseTooLarge)) {
                return accepted(false);
            }
            refuse(
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLarge",
                &format!("Exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."),
            )
        }
    }
}

async fn error(
    State(api): State<Arc<RuntimeApi>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match read_up_to(body, RESPONSE_LIMIT).await {
        Err(_) => truncated(),
        Ok(body) => accepted(api.answer(&id, Err(function_error(&headers, body)))),
    }
}

async fn init_error(State(api): State<Arc<RuntimeApi>>, headers: HeaderMap, body: Body) -> Response {
    let Ok(body) = read_up_to(body, RESPONSE_LIMIT).await else { return truncated() };
    let failed = api.phase.send_if_modified(|phase| {
        let initialising = matches!(phase, Phase::Initialising);
        if initialising {
            *phase = Phase::InitFailed(function_error(&headers, body));
        }
        initialising
    });
    if failed {
        return accepted(true);
    }
    refuse(StatusCode::FORBIDDEN, "InvalidStateTransition", "initialisation is over")
}

/// The error that a runtime reports. If the body is missing, AWS builds it from the header; here a body over the
/// limit is treated likewise.
fn function_error(headers: &HeaderMap, body: Upload) -> Failure {
    let header = headers.get("Lambda-Runtime-Function-Error-Type").and_then(|value| value.to_str().ok());
    let payload = match body {
        Upload::Whole(payload) if !payload.is_empty() => payload,
        _ => json!({ "errorType": header.unwrap_or("Runtime.Unknown") }).to_string().into(),
    };
    let parsed: Option<Value> = serde_json::from_slice(&payload).ok();
    let named = parsed.as_ref().and_then(|error| error["errorType"].as_str()).or(header);
    let error_type = named.unwrap_or("Runtime.Unknown").to_owned();
    Failure::Function { payload, error_type }
}

/// A request body. It is always read to its end, because a client whose upload is cut off sees a broken connection
/// instead of our response.
pub(super) enum Upload {
    /// The complete body.
    Whole(Bytes),
    /// The body exceeded the limit. Holds its length in bytes.
    TooLarge(usize),
}

/// Reads a whole body but keeps at most `limit` bytes.
pub(super) async fn read_up_to(body: Body, limit: usize) -> Result<Upload, axum::Error> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(limit);
    let mut stream = body.into_data_stream();
    let mut kept = Vec::with_capacity(announced.min(limit));
    let mut length = 0;
    while let Some(chunk) = stream.try_next().await? {
        length += chunk.len();
        if length <= limit {
            kept.extend_from_slice(&chunk);
        }
    }
    Ok(if length > limit { Upload::TooLarge(length) } else { Upload::Whole(kept.into()) })
}

fn accepted(known: bool) -> Response {
    if known {
        return (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response();
    }
    refuse(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
}

fn truncated() -> Response {
    refuse(StatusCode::BAD_REQUEST, "TruncatedHTTPRequest", "HTTP request detected as truncated")
}

fn refuse(status: StatusCode, error_type: &str, message: &str) -> Response {
    (status, Json(json!({ "errorType": error_type, "errorMessage": message }))).into_response()
}
