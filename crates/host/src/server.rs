//! HTTP servers on loopback.

use std::net::SocketAddr;

use axum::Router;
use axum::serve::ListenerExt as _;
use tidings_process::StartError;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// Listens on a free loopback port. `what` names the server in errors.
pub(crate) async fn listen(what: &str) -> Result<(TcpListener, SocketAddr), StartError> {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bound.await.map_err(|error: std::io::Error| StartError::Listen {
        what: what.to_owned(),
        address: address.to_string(),
        reason: error.to_string(),
    })
}

/// Serves `router` until the handle is aborted.
pub(crate) fn serve(listener: TcpListener, router: Router) -> AbortHandle {
    // Without TCP_NODELAY, a large payload waits 40 ms for the peer's delayed acknowledgement.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle()
}
