//! ARNs and requests, shared by the AWS destinations.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder, Url};
use tidings_trigger::answer::error_code;
use tidings_trigger::arn::REGION;

use super::super::error::MappingError;
use super::error::DeliveryError;

/// How long a request may take before it counts as failed and is retried.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// `arn:partition:service:region:account:resource`. Region and account are ignored, because all local resources are in
/// one region of one account.
pub(super) struct Arn<'a> {
    pub(super) service: &'a str,
    pub(super) resource: &'a str,
}

impl<'a> Arn<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts[..] {
            ["arn", _, service, _, _, resource] if !resource.is_empty() => Some(Self { service, resource }),
            _ => None,
        }
    }
}

/// An endpoint that speaks AWS's protocols.
pub(super) struct Endpoint {
    client: Client,
    url: Url,
}

impl Endpoint {
    pub(super) fn new(client: Client, url: &str) -> Result<Self, MappingError> {
        match Url::parse(url) {
            Ok(url) if !url.cannot_be_a_base() => Ok(Self { client, url }),
            _ => Err(MappingError::Endpoint { name: "AWS endpoint", url: url.to_owned() }),
        }
    }

    /// The endpoint's URL with more path segments.
    pub(super) fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.url.clone();
        // Fails only for URLs that cannot be a base, which `new` rejects.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// A request with a fake signature, from which emulators only read service and region.
    pub(super) fn request(&self, method: Method, url: Url, service: &str) -> RequestBuilder {
        let date = Timestamp::now().strftime("%Y%m%d");
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=event-source-mapping.0/{date}/{REGION}/{service}/aws4_request, \
             SignedHeaders=host, Signature=none"
        );
        self.client.request(method, url).header("Authorization", authorization).timeout(ANSWERED_WITHIN)
    }
}

/// Sends a request. On success, its content is stored.
pub(super) async fn send(request: RequestBuilder) -> Result<(), DeliveryError> {
    let unreachable = |error: reqwest::Error| DeliveryError::Unreachable(error.without_url());
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let code = error_code(&response.text().await.map_err(unreachable)?);
    Err(DeliveryError::Refused { status: status.as_u16(), code })
}
