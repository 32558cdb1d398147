//! Where spans go: one request of OTLP over HTTP, on the SDK's HTTP stack, signed where `CloudWatch` receives it.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector as _, HttpConnectorSettings},
    orchestrator::HttpRequest,
};
use aws_smithy_types::body::SdkBody;
use http::Uri;
use http_body_util::{BodyExt as _, Limited};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _};

use crate::settings::{SettingError, Settings};

/// The variable that names the receiver, as
/// [OpenTelemetry](https://opentelemetry.io/docs/specs/otel/protocol/exporter/) specifies it: the whole URL.
pub const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

const CONNECT_WITHIN: Duration = Duration::from_secs(1);
/// More is not read of an answer, which says at most that some spans were refused.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The exporter to the receiver that the settings name, if they name one.
pub fn exporter(settings: &Settings, aws: &SdkConfig) -> Result<Option<SpanExporter>, SettingError> {
    let Some(url) = settings.get(ENDPOINT) else { return Ok(None) };
    let invalid =
        |problem: &str| SettingError::Invalid { name: ENDPOINT.to_owned(), problem: problem.to_owned() };
    let uri: Uri = url.parse().map_err(|_| invalid("expected a URL"))?;
    let host = uri.host().ok_or_else(|| invalid("expected a URL with a host"))?;
    let is_loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    if uri.scheme_str() != Some("https") && !(uri.scheme_str() == Some("http") && is_loopback) {
        return Err(invalid("expected https; plain http is for a collector on loopback"));
    }
    let signer = if is_cloudwatch(host) {
        Some(Signer::new(aws).ok_or_else(|| invalid("CloudWatch needs a region and credentials"))?)
    } else {
        None
    };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client::new(signer))
        .with_endpoint(url)
        // Between two attempts it would block its thread; what is not taken at once is given up.
        .with_retry_policy(RetryPolicy::disabled())
        .build()
        .map_err(|error| invalid(&error.to_string()))?;
    Ok(Some(exporter))
}

/// `CloudWatch`'s own receiver, which takes signed requests only.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html>
fn is_cloudwatch(host: &str) -> bool {
    host.starts_with("xray.") && (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"))
}

#[derive(Debug)]
struct Client {
    connector: Connector,
    signer: Option<Signer>,
}

impl Client {
    fn new(signer: Option<Signer>) -> Self {
        let connector = Connector::builder()
            .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT_WITHIN).build())
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build();
        Self { connector, signer }
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        if let Some(signer) = &self.signer {
            signer.sign(&mut request).await?;
        }
        let request = HttpRequest::try_from(request.map(SdkBody::from))?;
        let answer = self.connector.call(request).await?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await?.to_bytes();
        Ok(Response::builder().status(status).body(body)?)
    }
}

#[derive(Debug)]
struct Signer {
    credentials: SharedCredentialsProvider,
    region: String,
}

impl Signer {
    fn new(aws: &SdkConfig) -> Option<Self> {
        Some(Self { credentials: aws.credentials_provider()?, region: aws.region()?.to_string() })
    }

    async fn sign(&self, request: &mut Request<Bytes>) -> Result<(), HttpError> {
        let identity = self.credentials.provide_credentials().await?.into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("xray")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let uri = request.uri().to_string();
        let body = SignableBody::Bytes(request.body());
        let signable = SignableRequest::new(request.method().as_str(), uri, std::iter::empty(), body)?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
