//! A stub of SQS, SNS and S3.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::bench::within;

/// A stand-in for AWS that answers with these statuses in turn, then with success.
pub struct Aws {
    pub endpoint: String,
    pub requests: UnboundedReceiver<Request>,
}

pub struct Request {
    pub method: Method,
    pub uri: Uri,
    headers: HeaderMap,
    pub body: Bytes,
}

type AwsState = Arc<(Mutex<Vec<u16>>, UnboundedSender<Request>)>;

impl Aws {
    pub async fn new() -> Self {
        Self::failing_first(0, &[]).await
    }

    /// Closes this many connections before it answers the first request.
    pub async fn failing_first(broken_connections: usize, statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (sender, requests) = unbounded_channel();
        let statuses = statuses.iter().rev().copied().collect();
        let app = Router::new()
            .fallback(answer)
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(Arc::new((Mutex::new(statuses), sender)));
        tokio::spawn(async move {
            for _ in 0..broken_connections {
                drop(listener.accept().await.unwrap());
            }
            axum::serve(listener, app).await
        });
        Self { endpoint, requests }
    }

    pub async fn request(&mut self) -> Request {
        within(self.requests.recv()).await.unwrap()
    }

    /// The body of the next message to SQS.
    pub async fn message(&mut self) -> Value {
        let request: Value = serde_json::from_slice(&self.request().await.body).unwrap();
        serde_json::from_str(request["MessageBody"].as_str().unwrap()).unwrap()
    }
}

async fn answer(
    State(state): State<AwsState>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let status = state.0.lock().unwrap().pop().unwrap_or(200);
    let _ = state.1.send(Request { method, uri, headers, body });
    (StatusCode::from_u16(status).unwrap(), r#"{"__type":"com.amazonaws.sqs#InternalError"}"#)
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// The service and region in a signature.
    pub fn is_signed_for(&self, scope: &str) -> bool {
        self.header("authorization").contains(&format!("/{scope}/aws4_request, "))
    }
}
