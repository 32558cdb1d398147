use std::{future::pending, net::SocketAddr};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use jiff::{SignedDuration, Timestamp};
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::{
    telemetry::tests::{Careless, MARKERS, TRACE, logger, payload, transfer, values},
    testing::Harness,
};

const PARENT: &str = "00f067aa0ba902b7";

/// The spans of this thread, for a receiver at this address.
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
    value_of(span, key).map(|value| value.to_string()).unwrap_or_default()
}

fn by_event<'a>(spans: &'a [SpanData], event_id: &str) -> Vec<&'a SpanData> {
    spans.iter().filter(|span| text(span, "messaging.message.id") == event_id).collect()
}

#[tokio::test(start_paused = true)]
async fn a_record_is_a_span_of_its_producers_trace_and_tells_how_it_ended() {
    let (spans, _noting) = noted("http://127.0.0.1:1");
    let function = Harness::new("email", Careless);
    function.invoke(&payload(&values())).await.unwrap();
    let ended = spans.ended.take().spans;
    assert_eq!(ended.len(), values().len());
    for span in &ended {
        assert_eq!(span.span_context.trace_id(), TraceId::from_hex(TRACE).unwrap());
        assert_eq!(span.parent_span_id, SpanId::from_hex(PARENT).unwrap());
        assert_eq!(
            (span.name.as_ref(), &span.span_kind),
            ("process transaction.completed", &SpanKind::Consumer)
        );
        assert_eq!(text(span, "messaging.destination.partition.id"), "3");
        let whole = format!("{span:?}");
        for marker in MARKERS {
            assert!(!whole.contains(marker), "{marker} in {whole}");
        }
    }
    let done = by_event(&ended, "EVT-effect")[0];
    assert_eq!((text(done, "outcome").as_str(), &done.status), ("done", &Status::Unset));
    let failed = by_event(&ended, "EVT-fails")[0];
    assert_eq!((text(failed, "outcome").as_str(), text(failed, "attempts").as_str()), ("dead_lettered", "3"));
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

#[tokio::test(start_paused = true)]
async fn one_write_is_linked_to_the_records_it_stores() {
    let (spans, _noting) = noted("http://127.0.0.1:1");
    let function = Harness::new_batch("audit", Careless);
    let two = ["EVT-1", "EVT-2"].map(|id| transfer(id).to_string());
    function.invoke(&payload(&two)).await.unwrap();
    let ended = spans.ended.take().spans;
    let writes: Vec<_> =
        ended.iter().filter(|span| value_of(span, "messaging.batch.message_count").is_some()).collect();
    let records: Vec<_> = ended.iter().filter(|span| value_of(span, "outcome").is_some()).collect();
    let linked: Vec<usize> = writes.iter().map(|span| span.links.len()).collect();
    assert_eq!((linked, records.len()), (vec![2, 1, 1], 2), "both at once, refused, then each on its own");
    assert!(
        writes[0].links.iter().all(|link| link.span_context.trace_id() == TraceId::from_hex(TRACE).unwrap())
    );
    assert_ne!(writes[0].span_context.trace_id(), TraceId::from_hex(TRACE).unwrap());
}

#[tokio::test(start_paused = true)]
async fn what_its_producer_does_not_trace_is_not_traced_here() {
    let (spans, _noting) = noted("http://127.0.0.1:1");
    let unsampled =
        |payload: Vec<u8>| String::from_utf8(payload).unwrap().replace("ba902b7-01", "ba902b7-00");
    let function = Harness::new("email", Careless);
    function.invoke(unsampled(payload(&values())).as_bytes()).await.unwrap();
    assert_eq!(spans.ended.take().spans.len(), 0);
}

#[tokio::test]
async fn of_aws_only_calls_are_told_and_of_the_runtime_nothing() {
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

#[derive(Clone)]
struct Receiver(UnboundedSender<Bytes>);

/// A receiver on loopback, and what it is sent.
async fn receiver() -> (String, UnboundedReceiver<Bytes>) {
    let (sender, received) = unbounded_channel();
    let take =
        |State(Receiver(sender)): State<Receiver>, body: Bytes| async move { sender.send(body).unwrap() };
    let refuse = || async { StatusCode::SERVICE_UNAVAILABLE };
    let routes = Router::new()
        .route("/v1/traces", post(take))
        .route("/refuses", post(refuse))
        .route("/hangs", post(pending::<()>))
        .with_state(Receiver(sender));
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
    let (url, mut received) = receiver().await;
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

/// The error with which spans are given up.
async fn refusal(path: &str, time: SignedDuration) -> SendError {
    let (url, _received) = receiver().await;
    let (spans, _noting) = noted(&format!("{url}{path}"));
    tracing::info_span!("step").in_scope(|| {});
    let ended = spans.ended.take().spans;
    spans.export(ended, &invocation(time)).await.unwrap_err()
}

#[tokio::test]
async fn a_receiver_that_refuses_or_hangs_costs_the_spans_and_no_more() {
    let refused = refusal("/refuses", MINUTE).await.to_string();
    assert!(refused.contains("503"), "{refused}");
    let nowhere = refusal("/nowhere", MINUTE).await.to_string();
    assert!(nowhere.contains("404"), "{nowhere}");
    let late = refusal("/hangs", SignedDuration::from_millis(300)).await;
    assert!(matches!(late, SendError::Late(time) if time < Duration::from_millis(300)), "{late}");
}

#[tokio::test]
async fn a_receiver_that_is_down_is_left_alone_for_a_while() {
    let (spans, noting) = noted("http://127.0.0.1:1");
    tracing::info_span!("step").in_scope(|| {});
    drop(noting);
    let Waiting { spans: ended, .. } = spans.ended.take();
    let (_logging, lines) = logger();
    for _ in 0..11 {
        spans.ended.on_end(ended[0].clone());
        spans.send(&invocation(MINUTE)).await;
    }
    let mut errors = Vec::new();
    for line in lines.read().into_iter().filter(|line| line["level"] == "WARN") {
        assert_eq!((&line["message"], &line["spans.lost"]), (&"spans could not be sent".into(), &1.into()));
        errors.push(line["error"].as_str().unwrap().to_owned());
    }
    assert_eq!(errors.len(), 11);
    assert!(errors[9].contains("network error"), "{errors:?}");
    assert!(errors[10].contains("took none for some time"), "{errors:?}");
}

#[tokio::test]
async fn what_is_more_than_an_invocation_may_send_is_counted() {
    let (spans, noting) = noted("http://127.0.0.1:1");
    for _ in 0..MAX_WAITING + 3 {
        tracing::info_span!("step").in_scope(|| {});
    }
    drop(noting);
    let waiting = spans.ended.take();
    assert_eq!((waiting.spans.len(), waiting.surplus), (MAX_WAITING, 3));
}
