//! Free ports for programs that cannot choose one themselves.

use std::net::TcpListener;

use tidings_process::StartError;

/// Finds `N` different free ports on 127.0.0.1. Another program may take one before it is used.
pub(super) fn free<const N: usize>(what: &str) -> Result<[u16; N], StartError> {
    let address = "127.0.0.1:0";
    let fail = |error: std::io::Error| StartError::Listen {
        what: what.to_owned(),
        address: address.to_owned(),
        reason: error.to_string(),
    };
    // Keep all listeners until the end, so that no port is chosen twice.
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind(address).map_err(fail)?;
        *port = listener.local_addr().map_err(fail)?.port();
        held.push(listener);
    }
    Ok(ports)
}
