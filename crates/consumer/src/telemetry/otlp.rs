//! Exports spans in one OTLP request over HTTP, using the SDK's HTTP stack. Requests to `CloudWatch` are signed.

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
    proxy::ProxyConfig,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector as _, HttpConnectorSettings},
    orchestrator::HttpRequest,
};
use aws_smithy_types::{body::SdkBody, error::display::DisplayErrorContext};
use http::Uri;
use http_body_util::{BodyExt as _, Limited};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message as _;

use crate::settings::{SettingError, Settings};

/// The environment variable with the receiver's complete URL.
/// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>
pub const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

const CONNECT_WITHIN: Duration = Duration::from_secs(1);
/// The most bytes that are read of an answer. An answer only reports spans that were rejected.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The exporter for the receiver that the settings name; `None` if they name none.
pub fn exporter(settings: &Settings, aws: &SdkConfig) -> Result<Option<SpanExporter>, SettingError> {
    let Some(url) = settings.get(ENDPOINT) else { return Ok(None) };
    let invalid = |problem: &str| invalid(ENDPOINT, problem);
    let uri: Uri = url.parse().map_err(|_| invalid("expected a URL"))?;
    let host = uri.host().ok_or_else(|| invalid("expected a URL with a host"))?;
    let is_loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    if uri.scheme_str() != Some("https") && !(uri.scheme_str() == Some("http") && is_loopback) {
        return Err(invalid("expected https; plain http is for a collector on loopback"));
    }
    let signer = match cloudwatch_region(host) {
        Some(region) => {
            let credentials = aws.credentials_provider();
            let credentials = credentials.ok_or_else(|| invalid("CloudWatch needs credentials"))?;
            Some(Signer { credentials, region: region.to_owned() })
        }
        None => None,
    };
    let proxy = if is_loopback { ProxyConfig::disabled() } else { ProxyConfig::from_env() };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client::new(signer, proxy))
        .with_endpoint(url)
        // Between attempts the exporter would block its thread, so it makes only one attempt.
        .with_retry_policy(RetryPolicy::disabled())
        .build()
        .map_err(|error| self::invalid("OTEL_EXPORTER_OTLP_*", &error.to_string()))?;
    Ok(Some(exporter))
}

fn invalid(name: &str, problem: &str) -> SettingError {
    SettingError::Invalid { name: name.to_owned(), problem: problem.to_owned() }
}

/// The region of `CloudWatch`'s receiver, if that is the host. It accepts only signed requests.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html>
fn cloudwatch_region(host: &str) -> Option<&str> {
    let rest = host.strip_prefix("xray.")?;
    let region = rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn"))?;
    (!region.contains('.')).then_some(region)
}

#[derive(Debug)]
struct Client {
    connector: Connector,
    signer: Option<Signer>,
}

impl Client {
    fn new(signer: Option<Signer>, proxy: ProxyConfig) -> Self {
        let connector = Connector::builder()
            .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT_WITHIN).build())
            .proxy_config(proxy)
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build();
        Self { connector, signer }
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        // The exporter reports only that the network failed.
        self.send(request).await.inspect_err(|error| {
            tracing::warn!(error = %DisplayErrorContext(&**error), "the receiver of spans could not be reached");
        })
    }
}

impl Client {
    async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        if let Some(signer) = &self.signer {
            signer.sign(&mut request).await?;
        }
        let request = HttpRequest::try_from(request.map(SdkBody::from))?;
        let again = request.try_clone();
        let answer = match (self.connector.call(request).await, again) {
            // A connection that was closed while the process was frozen fails only now.
            (Err(error), Some(request)) if !error.is_timeout() => self.connector.call(request).await?,
            (answer, _) => answer?,
        };
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await?.to_bytes();
        if status.is_success() {
            tell_rejected(&body);
        }
        Ok(Response::builder().status(status.as_u16()).body(body)?)
    }
}

/// Logs how many spans of an accepted request were rejected, because the exporter does not.
fn tell_rejected(answer: &Bytes) {
    let partial = ExportTraceServiceResponse::decode(answer.as_ref()).ok().and_then(|it| it.partial_success);
    if let Some(ExportTracePartialSuccess { rejected_spans, error_message }) = partial {
        tracing::warn!(spans.lost = rejected_spans, error = error_message, "the receiver rejected spans");
    }
}

#[derive(Debug)]
struct Signer {
    credentials: SharedCredentialsProvider,
    region: String,
}

impl Signer {
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
