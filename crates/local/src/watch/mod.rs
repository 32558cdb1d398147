//! Observes event source mappings: their logs, their metrics on a Prometheus endpoint, and a live view in the
//! terminal.

mod extent;
mod log;
mod mappings;
mod metrics;
mod printable;
mod prometheus;
mod screen;
#[cfg(test)]
mod tests;
mod view;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tidings_mapping::{MappingEvent, Observer};
use tidings_process::StartError;
use tidings_trigger::Mapping;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task;
use tokio::time::timeout;

use self::mappings::{Mappings, Watched};
pub use self::printable::printable;
pub use self::screen::{Output, Screen};

/// How long running requests may take when the endpoint closes.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);

/// An observer that only prints a mapping's log.
#[must_use]
pub fn logged(mapping: &Mapping, print: fn(&str)) -> Observer {
    let watched = Watched::new(mapping);
    Arc::new(move |event: &MappingEvent| watched.note(event, |line| print(&line)))
}

/// Watches mappings from before they start until [`Watch::stop`].
pub struct Watch {
    mappings: Arc<Mappings>,
    screen: Screen,
    metrics: SocketAddr,
    running: Mutex<Option<Running>>,
}

/// What [`Watch::stop`] stops.
struct Running {
    drawing: JoinHandle<()>,
    endpoint: task::JoinHandle<()>,
    /// Dropping it stops the endpoint.
    serving: watch::Sender<()>,
}

impl Watch {
    /// Starts the view on `output` and the metrics endpoint on 127.0.0.1; port 0 chooses a free one. Must be called
    /// within a tokio runtime.
    pub async fn start(metrics_port: u16, output: Output) -> Result<Self, StartError> {
        let listening = |source: std::io::Error| StartError::Listen {
            what: "the metrics endpoint".into(),
            address: format!("127.0.0.1:{metrics_port}"),
            reason: source.to_string(),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, metrics_port)).await.map_err(listening)?;
        let metrics = listener.local_addr().map_err(listening)?;
        let mappings = Arc::new(Mappings::default());
        let (serving, stopping) = watch::channel(());
        let endpoint = tokio::spawn(prometheus::serve(listener, Arc::clone(&mappings), stopping));
        let shown = Arc::clone(&mappings);
        let (screen, drawing) = screen::start(output, move || shown.rows());
        let running = Mutex::new(Some(Running { drawing, endpoint, serving }));
        Ok(Self { mappings, screen, metrics, running })
    }

    /// The URL of the metrics endpoint.
    #[must_use]
    pub fn metrics_url(&self) -> String {
        format!("http://{}/metrics", self.metrics)
    }

    /// The observer for a mapping. The counters of a restarted mapping continue.
    #[must_use]
    pub fn observer(&self, mapping: &Mapping) -> Observer {
        let watched = self.mappings.watch(mapping);
        let screen = self.screen.clone();
        Arc::new(move |event: &MappingEvent| watched.note(event, |line| screen.print(line)))
    }

    /// The screen, to which all other output must be printed while the view is shown.
    #[must_use]
    pub fn screen(&self) -> Screen {
        self.screen.clone()
    }

    /// Prints the remaining lines, leaves the view's last state on the terminal and closes the endpoint. Later lines
    /// go directly to standard error. A second call does nothing.
    pub async fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { drawing, mut endpoint, serving }) = running else { return };
        drop(serving);
        self.screen.stop();
        // Fails only if the thread panicked, and the panic was printed.
        let _ = task::spawn_blocking(move || drawing.join()).await;
        if timeout(ANSWER_LIMIT, &mut endpoint).await.is_err() {
            endpoint.abort();
        }
    }
}
