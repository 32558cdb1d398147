//! A Lambda Invoke API whose functions answer at once.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use axum::serve::ListenerExt as _;

/// Told of every payload.
pub type OnPayload = Arc<dyn Fn(&Bytes) + Send + Sync>;

/// Starts it; answers its base URL.
pub async fn start() -> String {
    start_telling(Arc::new(|_| {})).await
}

/// Starts one that tells of payloads.
pub async fn start_telling(on_payload: OnPayload) -> String {
    let invoke = move |body: Bytes| async move {
        on_payload(&body);
        "null"
    };
    let app = Router::new()
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .layer(axum::extract::DefaultBodyLimit::disable());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // As the host does: an answer must not wait for the other side's delayed acknowledgement.
    let listener = listener.tap_io(|connection| connection.set_nodelay(true).unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}
