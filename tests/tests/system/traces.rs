//! An event can be followed from its publisher to the calls that it causes: by the spans that the functions send to a
//! receiver of OTLP before they answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{Router, body::Bytes, extract::State, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message as _;
use tidings_tests::{System, fixture, record};
use tokio::net::TcpListener;

const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
const PARENT: u128 = 0x00f0_67aa_0ba9_02b7;

/// Of the fixture's customer: a name, an address, a phone number, an account, where the request came from.
const PERSONAL: &[&str] = &["John", "Doe", "john@example.com", "9876543210", "ACC123456", "192.168.1.1"];

/// A receiver of OTLP on loopback, with the requests it got.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<Bytes>>>);

impl Receiver {
    /// Receives, and says where.
    async fn start() -> (Self, String) {
        let receiver = Self::default();
        let take = |State(receiver): State<Self>, body: Bytes| async move { receiver.requests().push(body) };
        let routes = Router::new().route("/v1/traces", post(take)).with_state(receiver.clone());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (receiver, url)
    }

    fn requests(&self) -> MutexGuard<'_, Vec<Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The spans that a function sent.
    fn spans_of(&self, function: &str) -> Vec<Span> {
        let service = format!("tidings-local-{function}");
        let requests = self.requests();
        let decoded = requests.iter().map(|body| ExportTraceServiceRequest::decode(body.clone()).unwrap());
        let of_resources = decoded.flat_map(|request| request.resource_spans);
        of_resources
            .filter(|it| text(&it.resource.as_ref().unwrap().attributes, "service.name") == service)
            .flat_map(|it| it.scope_spans.into_iter().flat_map(|scope| scope.spans))
            .collect()
    }
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    let value = attributes.iter().find(|attribute| attribute.key == key).and_then(|it| it.value.clone());
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        other => format!("{other:?}"),
    }
}

/// The one span of this name, which belongs to the trace.
fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    let names: Vec<_> = spans.iter().map(|span| &span.name).collect();
    assert_eq!(found.len(), 1, "{name} in {names:?}");
    assert_eq!(id(&found[0].trace_id), TRACE, "{name}");
    found[0]
}

fn id(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |id, byte| (id << 8) | u128::from(*byte))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_can_be_followed_from_its_publisher_to_the_calls_it_causes() {
    let (receiver, url) = Receiver::start().await;
    let system = System::start(&[("Tracing", "Otlp"), ("OtlpEndpoint", &url)]).await;
    let mut requested = record(&fixture("statement.requested-basic"));
    requested.headers =
        vec![("traceparent".to_owned(), format!("00-{TRACE:032x}-{PARENT:016x}-01").into_bytes())];
    system.publish(requested).await;
    system.settled().await;

    let statement = receiver.spans_of("bank-statement");
    let handled = named(&statement, "process statement.requested");
    assert_eq!(id(&handled.parent_span_id), PARENT);
    assert_eq!(text(&handled.attributes, "tidings.outcome"), "done");
    for call in ["DynamoDB.Query", "S3.PutObject", "send statement.generated"] {
        assert_eq!(named(&statement, call).parent_span_id, handled.span_id, "{call}");
    }

    let email = receiver.spans_of("bank-email");
    let announced = named(&email, "process statement.generated");
    assert_eq!(announced.parent_span_id, named(&statement, "send statement.generated").span_id);
    assert_eq!(named(&email, "SESv2.SendEmail").parent_span_id, announced.span_id);

    for request in receiver.requests().iter() {
        let text = String::from_utf8_lossy(request);
        assert!(PERSONAL.iter().all(|value| !text.contains(value)), "{text}");
    }
    // In metrics, too, a function has the name of its stage, so that those of one account stay apart.
    assert!(system.lines().iter().any(|line| line.contains(r#""FunctionName":"tidings-local-bank-email""#)));
    system.stop().await;
}
