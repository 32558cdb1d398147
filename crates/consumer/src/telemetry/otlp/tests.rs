use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, error::CredentialsError, future},
};
use rstest::rstest;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

use super::*;

fn read(url: &str) -> Result<Option<SpanExporter>, SettingError> {
    exporter(&[(ENDPOINT, url)].into_iter().collect(), &SdkConfig::builder().build())
}

#[test]
fn without_a_receiver_nothing_is_exported() {
    assert!(read("").unwrap().is_none());
}

#[rstest]
#[case::anywhere("https://collector.example.com/v1/traces")]
#[case::an_extension("http://localhost:4318/v1/traces")]
#[case::this_machine("http://127.0.0.1:4318/v1/traces")]
fn spans_go_over_tls_or_stay_on_the_machine(#[case] url: &str) {
    assert!(read(url).unwrap().is_some());
}

#[rstest]
#[case::plain("http://collector.example.com/v1/traces", "expected https")]
#[case::looks_like_loopback("http://localhost.example.com/v1/traces", "expected https")]
#[case::other_scheme("ftp://localhost/v1/traces", "expected https")]
#[case::no_scheme("collector.example.com/v1/traces", "expected")]
#[case::no_host("/v1/traces", "expected a URL with a host")]
#[case::no_url("https://collector example", "expected a URL")]
fn an_unusable_address_is_refused_at_the_start(#[case] url: &str, #[case] problem: &str) {
    let refused = read(url).err().unwrap().to_string();
    assert!(
        refused.starts_with("the environment variable OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is invalid"),
        "{refused}"
    );
    assert!(refused.contains(problem), "{refused}");
}

#[rstest]
#[case("xray.eu-central-1.amazonaws.com", Some("eu-central-1"))]
#[case("xray.cn-north-1.amazonaws.com.cn", Some("cn-north-1"))]
#[case("xray.example.com", None)]
#[case("collector.amazonaws.com", None)]
#[case("xray.eu-central-1.amazonaws.com.example.com", None)]
#[case("xray.bucket.s3.amazonaws.com", None)]
fn cloudwatch_is_known_by_its_name(#[case] host: &str, #[case] region: Option<&str>) {
    assert_eq!(cloudwatch_region(host), region);
}

#[test]
fn exporting_to_cloudwatch_without_credentials_fails_at_startup() {
    let refused = read("https://xray.eu-central-1.amazonaws.com/v1/traces").unwrap_err().to_string();
    assert!(refused.contains("credentials"), "{refused}");
}

fn client(signer: Option<Signer>) -> Client {
    Client::new(signer, ProxyConfig::disabled())
}

/// A server that answers the first request of each connection and closes it at the second, and the received requests.
async fn impatient() -> (String, UnboundedReceiver<String>) {
    let (sender, received) = unbounded_channel();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = connection.read(&mut request).await.unwrap();
            sender.send(String::from_utf8_lossy(&request[..length]).to_lowercase()).unwrap();
            connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            let _ = connection.read(&mut request).await;
        }
    });
    (url, received)
}

fn request(url: &str) -> Request<Bytes> {
    Request::post(url)
        .header("content-type", "application/x-protobuf")
        .body(Bytes::from_static(b"spans"))
        .unwrap()
}

#[tokio::test]
async fn a_closed_idle_connection_loses_no_spans() {
    let (url, mut received) = impatient().await;
    let client = client(None);
    for _ in 0..3 {
        assert_eq!(client.send_bytes(request(&url)).await.unwrap().status(), 200);
        assert!(received.recv().await.unwrap().ends_with("spans"));
    }
}

#[tokio::test]
async fn a_request_to_cloudwatch_is_signed_for_its_service_and_region() {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("token".to_owned()), None, "test");
    let credentials = SharedCredentialsProvider::new(credentials);
    let (url, mut received) = impatient().await;
    let signed = client(Some(Signer { credentials, region: "eu-central-1".to_owned() }));
    signed.send_bytes(request(&url)).await.unwrap();
    let sent = received.recv().await.unwrap();
    assert!(sent.contains("authorization: aws4-hmac-sha256 credential=akidexample/"), "{sent}");
    assert!(sent.contains("/eu-central-1/xray/aws4_request,"), "{sent}");
    assert!(sent.contains("x-amz-security-token: token"), "{sent}");
    drop(signed);
    client(None).send_bytes(request(&url)).await.unwrap();
    assert!(!received.recv().await.unwrap().contains("authorization"));
}

#[derive(Debug)]
struct NoCredentials;

impl ProvideCredentials for NoCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("the role is gone")))
    }
}

#[tokio::test]
async fn no_unsigned_request_is_sent_without_credentials() {
    let (url, mut received) = impatient().await;
    let credentials = SharedCredentialsProvider::new(NoCredentials);
    let signed = client(Some(Signer { credentials, region: "eu-central-1".to_owned() }));
    assert!(signed.send_bytes(request(&url)).await.is_err());
    assert!(received.try_recv().is_err());
}
