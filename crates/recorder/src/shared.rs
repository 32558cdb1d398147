//! What the proxy and its owner share.

use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use crate::call::Call;
use crate::fault::Faults;
use crate::journal::Journal;
use crate::lock::lock;

/// Kills the caller with this access key id, at once: when it returns, the caller does nothing any more.
pub type Kill = Arc<dyn Fn(&str) + Send + Sync>;

/// What server and owner share.
pub(super) struct Shared {
    pub upstream: String,
    pub client: reqwest::Client,
    pub kill: Kill,
    pub calls: Mutex<Vec<Arc<Call>>>,
    pub count: watch::Sender<usize>,
    pub faults: Mutex<Faults>,
    pub journal: Option<Journal>,
}

impl Shared {
    pub(super) fn record(&self, call: Call) {
        if let Some(journal) = &self.journal {
            journal.write(&call);
        }
        let mut calls = lock(&self.calls);
        calls.push(Arc::new(call));
        self.count.send_replace(calls.len());
    }
}
