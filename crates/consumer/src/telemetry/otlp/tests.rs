use aws_credential_types::Credentials;
use rstest::rstest;

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
        refused.starts_with("the environment variable OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is wrong"),
        "{refused}"
    );
    assert!(refused.contains(problem), "{refused}");
}

#[rstest]
#[case("xray.eu-central-1.amazonaws.com", true)]
#[case("xray.cn-north-1.amazonaws.com.cn", true)]
#[case("xray.example.com", false)]
#[case("collector.amazonaws.com", false)]
#[case("xray.eu-central-1.amazonaws.com.example.com", false)]
fn cloudwatch_is_known_by_its_name(#[case] host: &str, #[case] known: bool) {
    assert_eq!(is_cloudwatch(host), known);
}

#[tokio::test]
async fn a_request_to_cloudwatch_is_signed_for_its_service_and_region() {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("token".to_owned()), None, "test");
    let signer = Signer {
        credentials: SharedCredentialsProvider::new(credentials),
        region: "eu-central-1".to_owned(),
    };
    let mut request = Request::post("https://xray.eu-central-1.amazonaws.com/v1/traces")
        .header("content-type", "application/x-protobuf")
        .body(Bytes::from_static(b"spans"))
        .unwrap();
    signer.sign(&mut request).await.unwrap();
    let authorization = request.headers()["authorization"].to_str().unwrap();
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{authorization}");
    assert!(authorization.contains("/eu-central-1/xray/aws4_request,"), "{authorization}");
    assert_eq!(request.headers()["x-amz-security-token"], "token");
    assert_eq!(request.body(), &Bytes::from_static(b"spans"));
}
