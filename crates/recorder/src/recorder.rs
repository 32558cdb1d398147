//! The recorder: starts it, tells what it recorded, injects faults.

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

/// What a recorder needs to know.
pub struct RecorderOptions {
    /// The emulator's address, e.g. `http://127.0.0.1:4566`.
    pub upstream: String,
    /// Carries out the kill faults.
    pub kill: Kill,
    /// Where to write each call as a line of JSON, recipients masked and contents left out; `None`: nowhere.
    pub journal: Option<PathBuf>,
}

/// A running recorder. Dropping it closes its port; calls on their way are still carried out and recorded.
pub struct Recorder {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Its end tells the server to stop.
    _stop: watch::Sender<()>,
}

/// The recorded calls did not come to fulfil a condition in time.
#[derive(Debug, thiserror::Error)]
#[error("the recorded calls did not fulfil the condition within {} s; {recorded} calls are recorded", limit.as_secs_f32())]
pub struct NotInTime {
    /// How long was waited.
    pub limit: Duration,
    /// How many calls are recorded now.
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

    /// The URL that takes the place of AWS for the functions (`AWS_ENDPOINT_URL`), without a slash at its end.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All calls so far, in the order in which they were answered.
    #[must_use]
    pub fn calls(&self) -> Vec<Arc<Call>> {
        lock(&self.shared.calls).clone()
    }

    /// The calls after the first `seen` ones, for who follows along with [`Recorder::subscribe`].
    #[must_use]
    pub fn calls_since(&self, seen: usize) -> Vec<Arc<Call>> {
        lock(&self.shared.calls).get(seen..).unwrap_or_default().to_vec()
    }

    /// The number of recorded calls, and each change of it.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<usize> {
        self.shared.count.subscribe()
    }

    /// Waits until `condition` holds for all calls so far, at most for `limit`.
    pub async fn wait_until<C>(&self, condition: C, limit: Duration) -> Result<(), NotInTime>
    where
        C: Fn(&[Arc<Call>]) -> bool,
    {
        let mut count = self.subscribe();
        let holding = async {
            // `changed` marks the count as seen before the calls are read, so that no call falls between.
            while !condition(&self.calls()) && count.changed().await.is_ok() {}
        };
        tokio::time::timeout(limit, holding)
            .await
            .map_err(|_| NotInTime { limit, recorded: lock(&self.shared.calls).len() })
    }

    /// Injects a fault, from the next call on. Where several meet a call, the one injected first happens.
    // Most faults stay to the end, so their id is often of no use.
    #[allow(clippy::must_use_candidate)]
    pub fn inject(&self, fault: Fault) -> FaultId {
        lock(&self.shared.faults).add(fault)
    }

    /// Ends a fault.
    pub fn remove(&self, fault: FaultId) {
        lock(&self.shared.faults).remove(fault);
    }

    /// How often a fault happened so far.
    #[must_use]
    pub fn happened(&self, fault: FaultId) -> u32 {
        lock(&self.shared.faults).happened(fault)
    }
}
