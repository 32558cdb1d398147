//! The recorder's HTTP server, which forwards requests to the emulator.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use bytes::BytesMut;
use futures::StreamExt as _;
use jiff::Timestamp;
use tidings_process::StartError;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::answer::{self, Answer};
use super::call::Call;
use super::decode::{self, Request};
use super::fault::Action;
use super::lock::lock;
use super::shared::Shared;

/// The largest request body. It exceeds Lambda's 6 MB payload even in Base64.
const BODY_LIMIT: usize = 16 << 20;

/// The time limit for the emulator's response. The emulator is on this machine or nearby.
const ANSWER_LIMIT: Duration = Duration::from_mins(1);

/// Headers that apply to one connection (RFC 9110, section 7.6.1) or that the HTTP client sets itself.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

#[derive(Clone)]
struct Server {
    shared: Arc<Shared>,
    stopping: watch::Receiver<()>,
}

/// The HTTP client for the emulator. It ignores proxies in the environment.
pub(super) fn client() -> Result<reqwest::Client, StartError> {
    reqwest::Client::builder().no_proxy().timeout(ANSWER_LIMIT).build().map_err(|error| {
        StartError::Setting(format!("the recorder's HTTP client could not be created: {error}"))
    })
}

/// Serves until the sender of `stopping` is dropped.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stopping: watch::Receiver<()>) {
    let server = Server { shared, stopping: stopping.clone() };
    let router = Router::new().fallback(handle).with_state(server);
    // Without TCP_NODELAY, a response that takes two writes is delayed.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::warn!(%error, "TCP_NODELAY could not be set: a connection to the recorder may be slow.");
        }
    });
    let stopped = async move { while stopping.changed().await.is_ok() {} };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "The recorder's server failed.");
    }
}

async fn handle(State(mut server): State<Server>, parts: Parts, body: Body) -> Response {
    let Ok(body) = read(body).await else {
        // The caller disconnected before it had sent the whole request, so there is no call to record.
        return answer::error("", StatusCode::BAD_REQUEST, "IncompleteBody", "the body ended early")
            .into_response();
    };
    // Run the exchange in a separate task, because this future is cancelled when the caller disconnects: a call
    // that reached the emulator is recorded even if its caller was killed meanwhile.
    let exchange = tokio::spawn(exchange(Arc::clone(&server.shared), parts, body));
    match exchange.await {
        Ok(Some(answer)) => answer.into_response(),
        // The caller was killed and gets no response. Its death closes this connection and cancels this future.
        Ok(None) => {
            while server.stopping.changed().await.is_ok() {}
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Err(error) => {
            answer::error("", StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", &error.to_string())
                .into_response()
        }
    }
}

/// Reads the whole body; `None` if it is too large. That is read to its end too, because a caller that is still
/// sending does not read the response.
async fn read(body: Body) -> Result<Option<Bytes>, axum::Error> {
    let mut frames = body.into_data_stream();
    let (mut content, mut size) = (BytesMut::new(), 0_usize);
    while let Some(frame) = frames.next().await {
        let frame = frame?;
        size = size.saturating_add(frame.len());
        if size <= BODY_LIMIT {
            content.extend_from_slice(&frame);
        }
    }
    Ok((size <= BODY_LIMIT).then(|| content.freeze()))
}

/// Forwards and records one request. Returns `None` if its caller was killed and gets no response.
async fn exchange(shared: Arc<Shared>, parts: Parts, body: Option<Bytes>) -> Option<Answer> {
    let at = Timestamp::now();
    let Some(body) = body else {
        let request = decode::decode(&parts, &Bytes::new());
        let message = format!("the recorder accepts bodies of up to {BODY_LIMIT} bytes");
        let too_large = StatusCode::PAYLOAD_TOO_LARGE;
        let answer = answer::error(&request.service, too_large, "RequestEntityTooLarge", &message);
        shared.record(call(request, at, &answer, false));
        return Some(answer);
    };
    let request = decode::decode(&parts, &body);
    let action = lock(&shared.faults).decide(&request);
    match action {
        None => Some(shared.forward_and_record(&parts, body, request, false).await),
        Some(Action::Twice) => {
            let first = shared.forward_and_record(&parts, body.clone(), request.clone(), false).await;
            shared.forward_and_record(&parts, body, request, false).await;
            Some(first)
        }
        Some(Action::KillAfter) => {
            let source = request.source.clone();
            shared.forward_and_record(&parts, body, request, true).await;
            (shared.kill)(&source);
            None
        }
        Some(Action::KillBefore) => {
            (shared.kill)(&request.source);
            None
        }
        Some(Action::Swallow) => Some(answer::success(&request)),
        Some(Action::Respond { status, code }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let answer = answer::error(&request.service, status, &code, "injected by the recorder");
            shared.record(call(request, at, &answer, false));
            Some(answer)
        }
    }
}

fn call(request: Request, at: Timestamp, answer: &Answer, reached: bool) -> Call {
    Call {
        at,
        answered: Timestamp::now(),
        source: request.source,
        function: request.function,
        service: request.service,
        operation: request.operation,
        status: answer.status.as_u16(),
        reached,
        killed: false,
        event_id: request.event_id,
        resource: request.resource,
        details: request.details,
    }
}

impl Shared {
    async fn forward_and_record(&self, parts: &Parts, body: Bytes, request: Request, killed: bool) -> Answer {
        let at = Timestamp::now();
        let (answer, reached) = match self.forward(parts, body).await {
            Ok(answer) => (answer, true),
            Err(error) => {
                let message = format!("the AWS emulator at {} did not respond: {error}", self.upstream);
                let status = StatusCode::BAD_GATEWAY;
                let answer = answer::error(&request.service, status, "EmulatorUnreachable", &message);
                // Once connected, the emulator may have got the request even though its response is missing.
                (answer, !error.is_connect())
            }
        };
        self.record(Call { killed, ..call(request, at, &answer, reached) });
        answer
    }

    async fn forward(&self, parts: &Parts, body: Bytes) -> Result<Answer, reqwest::Error> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let response = self
            .client
            .request(parts.method.clone(), format!("{}{path}", self.upstream))
            .headers(end_to_end(&parts.headers))
            .body(body)
            .send()
            .await
            // The URL may contain keys and signatures.
            .map_err(reqwest::Error::without_url)?;
        let status = response.status();
        let mut headers = end_to_end(response.headers());
        // The response to HEAD states the length of the omitted body.
        if parts.method == Method::HEAD
            && let Some(length) = response.headers().get(header::CONTENT_LENGTH)
        {
            headers.insert(header::CONTENT_LENGTH, length.clone());
        }
        let body = response.bytes().await.map_err(reqwest::Error::without_url)?;
        Ok(Answer { status, headers, body })
    }
}

fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    headers
}
