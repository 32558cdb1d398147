//! A Lambda Invoke API whose functions answer at once.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use axum::serve::ListenerExt as _;
use futures::TryStreamExt as _;

/// Told when a payload has arrived.
pub type OnPayload = Arc<dyn Fn() + Send + Sync>;

/// Starts it; answers its base URL.
pub async fn start() -> String {
    start_telling(Arc::new(|| {})).await
}

/// Starts one that tells of payloads.
pub async fn start_telling(on_payload: OnPayload) -> String {
    let invoke = move |body: Body| async move {
        // Read and thrown away: what a function does with its payload is not the mapping's.
        body.into_data_stream().try_for_each(async |_| Ok(())).await.unwrap();
        on_payload();
        "null"
    };
    let app = Router::new().route("/2015-03-31/functions/{name}/invocations", post(invoke));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // As the host does: an answer must not wait for the other side's delayed acknowledgement.
    let listener = listener.tap_io(|connection| connection.set_nodelay(true).unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}
