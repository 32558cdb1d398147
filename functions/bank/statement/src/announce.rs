//! Publishes the event about a finished statement.

use std::future::Future;

use tidings_bank_events::Event;
use tidings_consumer::{HandlerError, SettingError, Settings};
use tidings_events::TraceContext;
use tidings_publisher::{Auth, PublishError, Publisher, PublisherSettings};

/// Publishes events.
pub trait Announcer: Send + Sync + 'static {
    /// Publishes `event` in the trace of its `cause`, the event that led to it.
    fn announce(
        &self,
        event: &Event,
        cause: Option<&TraceContext>,
    ) -> impl Future<Output = Result<(), HandlerError>> + Send;
}

impl Announcer for Publisher {
    async fn announce(&self, event: &Event, cause: Option<&TraceContext>) -> Result<(), HandlerError> {
        self.publish(event, cause).await.map(|_| ()).map_err(|error| classify(&error))
    }
}

fn classify(error: &PublishError) -> HandlerError {
    if error.is_retryable() {
        HandlerError::retryable(error.error_type(), error.to_string())
    } else {
        HandlerError::permanent(error.error_type(), error.to_string())
    }
}

/// A publisher with the settings `KAFKA_BOOTSTRAP_SERVERS` and `KAFKA_AUTH` (`none` or `iam`). For `iam` the region is
/// in `AWS_REGION`, which Lambda sets.
pub fn publisher(settings: &Settings) -> Result<Publisher, SettingError> {
    let invalid = |name: &str, problem: String| SettingError::Invalid { name: name.to_owned(), problem };
    let auth = match settings.require("KAFKA_AUTH")?.as_str() {
        "none" => Auth::None,
        "iam" => Auth::MskIam { region: settings.require("AWS_REGION")? },
        _ => return Err(invalid("KAFKA_AUTH", "expected none or iam".to_owned())),
    };
    let bootstrap_servers = settings.require("KAFKA_BOOTSTRAP_SERVERS")?;
    Publisher::new(PublisherSettings { bootstrap_servers, auth })
        .map_err(|error| invalid("KAFKA_BOOTSTRAP_SERVERS", error.to_string()))
}
