//! The state shared by the recorder and its HTTP server.

use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use crate::call::Call;
use crate::fault::Faults;
use crate::journal::Journal;
use crate::lock::lock;

/// Kills the caller with this access key id. The caller is dead when it returns.
pub type Kill = Arc<dyn Fn(&str) + Send + Sync>;

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
