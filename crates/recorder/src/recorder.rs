//! Starting a recorder, reading its calls and injecting faults.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidings_process::StartError;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::call::Call;
use crate::fault::{Fault, FaultId};
use crate::journal::Journal;
use crate::lock::lock;
use crate::proxy;
use crate::shared::{Kill, Shared};

/// The configuration of a recorder.
pub struct RecorderOptions {
    /// The emulator's address, e.g. `http://127.0.0.1:4566`.
    pub upstream: String,
    /// Kills a caller, for [`crate::Action::KillBefore`] and [`crate::Action::KillAfter`].
    pub kill: Kill,
    /// A file to which each call is written as a line of JSON, with recipients masked and contents left out.
    pub journal: Option<PathBuf>,
}

/// A running recorder. Dropping it closes its port. Calls in progress are still forwarded and recorded.
pub struct Recorder {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Dropping it stops the server.
    _stop: watch::Sender<()>,
}

/// The recorded calls did not fulfil a condition in time.
#[derive(Debug, thiserror::Error)]
#[error("the recorded calls did not fulfil the condition within {} s; {recorded} calls are recorded", limit.as_secs_f32())]
pub struct NotInTime {
    /// The time limit.
    pub limit: Duration,
    /// How many calls were recorded by then.
    pub recorded: usize,
}

impl Recorder {
    /// Starts a recorder on a free loopback port. Must be called within a tokio runtime.
    pub async fn start(options: RecorderOptions) -> Result<Self, StartError> {
        let listening = |source: std::io::Error| StartError::Listen {
            what: "the recorder".into(),
            address: "127.0.0.1:0".into(),
            reason: source.to_string(),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let shared = Arc::new(Shared {
            upstream: options.upstream.trim_end_matches('/').to_owned(),
            client: proxy::client()?,
            kill: options.kill,
            calls: Mutex::default(),
            count: watch::Sender::new(0),
            faults: Mutex::default(),
            journal: options.journal.map(Journal::create).transpose()?,
        });
        let (stop, stopping) = watch::channel(());
        tokio::spawn(proxy::serve(listener, Arc::clone(&shared), stopping));
        Ok(Self { address, shared, _stop: stop })
    }

    /// The endpoint URL for the functions (`AWS_ENDPOINT_URL`), without a trailing slash.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All calls so far, in the order of their responses.
    #[must_use]
    pub fn calls(&self) -> Vec<Arc<Call>> {
        lock(&self.shared.calls).clone()
    }

    /// The calls after the first `seen` ones, for callers that use [`Recorder::subscribe`].
    #[must_use]
    pub fn calls_since(&self, seen: usize) -> Vec<Arc<Call>> {
        lock(&self.shared.calls).get(seen..).unwrap_or_default().to_vec()
    }

    /// A receiver for the number of recorded calls.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<usize> {
        self.shared.count.subscribe()
    }

    /// Waits up to `limit` until `condition` holds for the calls so far.
    pub async fn wait_until<C>(&self, condition: C, limit: Duration) -> Result<(), NotInTime>
    where
        C: Fn(&[Arc<Call>]) -> bool,
    {
        let mut count = self.subscribe();
        let holding = async {
            // `changed` marks the count as seen before the calls are read, so that no call is missed.
            while !condition(&self.calls()) && count.changed().await.is_ok() {}
        };
        tokio::time::timeout(limit, holding)
            .await
            .map_err(|_| NotInTime { limit, recorded: lock(&self.shared.calls).len() })
    }

    /// Injects a fault, effective from the next call. If several faults match a call, the first injected one applies.
    // Most faults are never removed, so their id is often unused.
    #[allow(clippy::must_use_candidate)]
    pub fn inject(&self, fault: Fault) -> FaultId {
        lock(&self.shared.faults).add(fault)
    }

    /// Removes a fault.
    pub fn remove(&self, fault: FaultId) {
        lock(&self.shared.faults).remove(fault);
    }

    /// How many calls a fault has affected so far.
    #[must_use]
    pub fn happened(&self, fault: FaultId) -> u32 {
        lock(&self.shared.faults).happened(fault)
    }
}
