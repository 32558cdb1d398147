use std::{future::pending, net::SocketAddr, sync::mpsc};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use jiff::{SignedDuration, Timestamp};
use opentelemetry::trace::{SpanId, SpanKind, Status, TraceId};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message as _;
use tidings_events::Event;
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::{
    Context, Handler, HandlerError,
    telemetry::tests::{Careless, MARKERS, Payload, TRACE, closed, logger, payload, values},
    testing::Harness,
};

const PARENT: &str = "00f067aa0ba902b7";

/// Collects the spans of this thread for a receiver at this address.
fn noted(url: &str) -> (Spans, DefaultGuard) {
    let variables = [
        (otlp::ENDPOINT, url),
        ("AWS_LAMBDA_FUNCTION_VERSION", "7"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
        ("AWS_REGION", "eu-central-1"),
    ];
    let settings = variables.into_iter().collect();
    let spans = Spans::from_settings("tidings-test-email", &settings, &SdkConfig::builder().build())
        .unwrap()
        .unwrap();
    let guard = set_default(tracing_subscriber::registry().with(spans.layer()));
    (spans, guard)
}

fn text(span: &SpanData, key: &str) -> String {
    terms::value_of(&span.attributes, key).map(|value| value.to_string()).unwrap_or_default()
}

fn with<'a>(spans: &'a [SpanData], key: &str) -> Vec<&'a SpanData> {
    spans.iter().filter(|span| !text(span, key).is_empty()).collect()
}

fn by_event<'a>(spans: &'a [SpanData], event_id: &str) -> Vec<&'a SpanData> {
    spans.iter().filter(|span| text(span, "messaging.message.id") == event_id).collect()
}

#[tokio::test(start_paused = true)]
async fn a_records_span_continues_its_producers_trace_and_has_its_outcome() {
    let (spans, _noting) = noted("http://127.0.0.1:1");
    let function = Harness::new("email", Careless);
    function.invoke(&payload(&values())).await.unwrap();
    let ended = spans.ended.take().spans;
    assert_eq!(ended.len(), values().len());
    for span in &ended {
        assert_eq!(span.span_context.trace_id(), TraceId::from_hex(TRACE).unwrap());
        assert_eq!(span.parent_span_id, SpanId::from_hex(PARENT).unwrap());
        assert_eq!((span.name.as_ref(), &span.span_kind), ("process door.closed", &SpanKind::Consumer));
        assert_eq!(text(span, "messaging.destination.partition.id"), "3");
        let whole = format!("{span:?}");
        for marker in MARKERS {
            assert!(!whole.contains(marker), "{marker} in {whole}");
        }
    }
    let done = by_event(&ended, "EVT-effect")[0];
    assert_eq!((text(done, "tidings.outcome").as_str(), &done.status), ("done", &Status::Unset));
    let failed = by_event(&ended, "EVT-fails")[0];
    let told = ["tidings.outcome", "tidings.attempts", "error.type"].map(|key| text(failed, key));
    assert_eq!(told, ["dead_lettered", "3", "Throttled"]);
    assert_eq!(failed.status, Status::error("dead letter"));
    let events: Vec<&str> = failed.events.iter().map(|event| event.name.as_ref()).collect();
    assert_eq!(
        events,
        ["attempt failed", "attempt failed", "attempt failed", "dead letter", "record settled"]
    );
    insta::assert_debug_snapshot!(names(done));
}

fn names(span: &SpanData) -> Vec<&str> {
    span.attributes.iter().map(|attribute| attribute.key.as_str()).collect()
}

/// A payload in which only the last `sampled` records belong to sampled traces.
fn unsampled(values: &[String], sampled: usize) -> Vec<u8> {
    let payload = String::from_utf8(payload(values)).unwrap();
    payload.replacen("ba902b7-01", "ba902b7-00", values.len() - sampled).into_bytes()
}

#[tokio::test(start_paused = true)]
async fn a_write_is_linked_to_the_records_that_it_stores() {
    let (spans, _noting) = noted("http://127.0.0.1:1");
    let function = Harness::new_batch("audit", Careless);
    let two = ["EVT-1", "EVT-2"].map(|id| closed(id).to_string());
    function.invoke(&unsampled(&two, 1)).await.unwrap();
    let ended = spans.ended.take().spans;
    let writes = with(&ended, "messaging.batch.message_count");
    let records = with(&ended, "tidings.outcome");
    let linked: Vec<usize> = writes.iter().map(|span| span.links.len()).collect();
    assert_eq!((linked, records.len()), (vec![2, 1], 1), "of both at once, refused, then of the sampled one");
    for write in writes {
        assert_eq!(write.parent_span_id, records[0].span_context.span_id());
        assert_eq!(
            (write.name.as_ref(), text(write, "error.type").as_str()),
            ("write door.closed", "TooLarge")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn records_of_unsampled_traces_have_no_spans() {
    let (spans, _noting) = noted("http://127.0.0.1:1");
    Harness::new("email", Careless).invoke(&unsampled(&values(), 0)).await.unwrap();
    Harness::new_batch("audit", Careless).invoke(&unsampled(&values(), 0)).await.unwrap();
    assert_eq!(spans.ended.take().spans.len(), 0);
}

/// A handler that blocks until the test releases it, even after it was abandoned.
struct Blocked(Mutex<mpsc::Receiver<()>>);

impl Handler for Blocked {
    type Payload = Payload;

    async fn handle(&self, _: &Event<Payload>, _: &Context) -> Result<(), HandlerError> {
        let _ = self.0.lock().unwrap().recv();
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abandoned_handler_does_not_keep_its_records_span_open() {
    let (spans, _noting) = noted("http://127.0.0.1:1");
    let (go_on, blocked) = mpsc::channel();
    let function = Harness::new("email", Blocked(Mutex::new(blocked)));
    let payload = payload(&[closed("EVT-1").to_string()]);
    function.invoke_within(Duration::from_millis(500), &payload).await.unwrap();
    let [span] = spans.ended.take().spans.try_into().unwrap();
    assert_eq!(text(&span, "error.type"), "DeadlineNear");
    drop(go_on);
}

#[tokio::test]
async fn of_aws_and_the_runtime_only_aws_calls_are_exported() {
    let (spans, _noting) = noted("http://127.0.0.1:1");
    {
        let _invocation = tracing::info_span!(target: "lambda_runtime::layers", "invoke").entered();
        let _call =
            tracing::debug_span!(target: "aws_sdk_sesv2::operation", "SES.Send", rpc.system = "aws-api")
                .entered();
        tracing::debug!(target: "aws_sdk_sesv2::operation", "a request with an address in it");
        let _inner = tracing::debug_span!(target: "aws_smithy_runtime::client", "try_attempt").entered();
    }
    let [call] = spans.ended.take().spans.try_into().unwrap();
    assert_eq!((call.name.as_ref(), &call.span_kind, call.events.len()), ("SES.Send", &SpanKind::Client, 0));
}

/// Collects the requests that the receivers get.
#[derive(Clone)]
struct Received(UnboundedSender<Bytes>);

/// Starts receivers on loopback, each under its own path. Returns their address and the requests that they get.
async fn receivers() -> (String, UnboundedReceiver<Bytes>) {
    let (sender, received) = unbounded_channel();
    let take =
        |State(Received(sender)): State<Received>, body: Bytes| async move { sender.send(body).unwrap() };
    let refuse = |State(Received(sender)): State<Received>, body: Bytes| async move {
        sender.send(body).unwrap();
        StatusCode::SERVICE_UNAVAILABLE
    };
    let rejected = ExportTracePartialSuccess { rejected_spans: 1, error_message: "too old".to_owned() };
    let partly = ExportTraceServiceResponse { partial_success: Some(rejected) }.encode_to_vec();
    let routes = Router::new()
        .route("/v1/traces", post(take))
        .route("/refuses", post(refuse))
        .route("/takes-some", post(|| async { partly }))
        .route("/hangs", post(pending::<()>))
        .with_state(Received(sender));
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (format!("http://{address}"), received)
}

fn invocation(time: SignedDuration) -> Invocation {
    let now = Timestamp::now();
    Invocation::starting("test-request".to_owned(), now, now + time)
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

#[tokio::test]
async fn spans_reach_the_receiver_before_the_answer() {
    let (url, mut received) = receivers().await;
    let (spans, _noting) = noted(&format!("{url}/v1/traces"));
    for _ in 0..=MAX_REQUEST {
        tracing::info_span!("step").in_scope(|| {});
    }
    spans.send(&invocation(MINUTE)).await;
    let mut counts = Vec::new();
    while let Ok(body) = received.try_recv() {
        let request = ExportTraceServiceRequest::decode(body).unwrap();
        let [of_resource] = request.resource_spans.try_into().unwrap();
        let mut attributes: Vec<_> = of_resource.resource.unwrap().attributes;
        attributes.retain(|attribute| !attribute.key.starts_with("telemetry.sdk."));
        attributes.sort_by(|one, other| one.key.cmp(&other.key));
        let shown: Vec<String> = attributes.iter().map(|it| format!("{} {:?}", it.key, it.value)).collect();
        insta::assert_snapshot!("resource", shown.join("\n"));
        counts.push(of_resource.scope_spans.iter().map(|scope| scope.spans.len()).sum::<usize>());
    }
    assert_eq!(counts, [MAX_REQUEST, 1]);
    spans.send(&invocation(MINUTE)).await;
    assert!(received.try_recv().is_err(), "nothing ended, so nothing is sent");
}

/// Ends a span and exports it. Also returns the number of spans that were not accepted, and the receiver's requests.
async fn export(
    path: &str,
    time: SignedDuration,
) -> (Result<(), SendError>, usize, UnboundedReceiver<Bytes>) {
    let (url, received) = receivers().await;
    let (spans, _noting) = noted(&format!("{url}{path}"));
    tracing::info_span!("step").in_scope(|| {});
    let ended = spans.ended.take().spans;
    let mut unsent = ended.len();
    let exported = spans.export(ended, &mut unsent, &invocation(time)).await;
    (exported, unsent, received)
}

#[tokio::test]
async fn a_refused_request_is_not_retried() {
    let (refused, unsent, mut received) = export("/refuses", MINUTE).await;
    assert!(refused.unwrap_err().to_string().contains("503") && unsent == 1);
    assert!(received.try_recv().is_ok() && received.try_recv().is_err());
    let (nowhere, ..) = export("/nowhere", MINUTE).await;
    assert!(nowhere.unwrap_err().to_string().contains("404"));
    let (taken, unsent, _) = export("/v1/traces", MINUTE).await;
    assert!(taken.is_ok() && unsent == 0);
}

#[tokio::test]
async fn a_hanging_receiver_delays_the_answer_by_at_most_the_remaining_time() {
    let (late, ..) = export("/hangs", SignedDuration::from_millis(300)).await;
    assert!(matches!(late, Err(SendError::Late(time)) if time < Duration::from_millis(300)), "{late:?}");
    let (too_late, _, mut received) = export("/v1/traces", SignedDuration::from_millis(50)).await;
    assert!(matches!(too_late, Err(SendError::NoTime)), "{too_late:?}");
    assert!(received.try_recv().is_err());
    assert_eq!(time_to_send(&invocation(MINUTE)), Some(Duration::from_secs(2)));
}

#[tokio::test]
async fn rejected_spans_are_logged() {
    let (_logging, lines) = logger();
    let (url, _received) = receivers().await;
    let (spans, noting) = noted(&format!("{url}/takes-some"));
    tracing::info_span!("step").in_scope(|| {});
    drop(noting);
    spans.send(&invocation(MINUTE)).await;
    let warnings: Vec<_> = lines.read().into_iter().filter(|line| line["level"] == "WARN").collect();
    assert_eq!((warnings.len(), &warnings[0]["error"]), (1, &"too old".into()), "{warnings:?}");
}

#[tokio::test]
async fn an_unreachable_receiver_is_not_tried_again_for_a_while() {
    let (spans, noting) = noted("http://127.0.0.1:1");
    tracing::info_span!("step").in_scope(|| {});
    drop(noting);
    let Waiting { spans: ended, .. } = spans.ended.take();
    let (_logging, lines) = logger();
    for _ in 0..11 {
        spans.ended.on_end(ended[0].clone());
        spans.send(&invocation(MINUTE)).await;
    }
    let (mut errors, mut causes) = (Vec::new(), Vec::new());
    for line in lines.read().into_iter().filter(|line| line["level"] == "WARN") {
        let error = line["error"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned();
        if line["message"] == "spans could not be sent" {
            assert_eq!(line["spans.lost"], 1);
            errors.push(error);
        } else {
            causes.push(error);
        }
    }
    assert!(causes.len() == 10 && causes.iter().all(|cause| cause.contains("refused")), "{causes:?}");
    assert_eq!(errors.len(), 11);
    assert!(errors[9].contains("network error"), "{errors:?}");
    assert!(errors[10].contains("accepted no spans for some time"), "{errors:?}");
}

#[tokio::test]
async fn spans_over_the_limit_are_counted() {
    let (spans, noting) = noted("http://127.0.0.1:1");
    for _ in 0..MAX_WAITING + 3 {
        tracing::info_span!("step").in_scope(|| {});
    }
    drop(noting);
    let waiting = spans.ended.take();
    assert_eq!((waiting.spans.len(), waiting.surplus), (MAX_WAITING, 3));
}
