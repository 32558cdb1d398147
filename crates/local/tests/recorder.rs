//! Tests of the recorder and the emulator with the real AWS SDK.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag};
use aws_sdk_sns::types::MessageAttributeValue;
use axum::Router;
use axum::routing::any;
use serde_json::json;
use tidings_local::emulator::{Emulator, EmulatorOptions};
use tidings_recorder::{Action, Call, CallDetails, Fault, Matcher, Recorder, RecorderOptions};
use tidings_template::{Bucket, NotificationTopic, Queue, Table};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};

const LIMIT: Duration = Duration::from_secs(20);

/// Nothing listens on this port, so whatever reaches it fails.
const NOWHERE: &str = "http://127.0.0.1:9";

async fn emulator(state: &tempfile::TempDir) -> Emulator {
    let venv = std::env::var_os("TIDINGS_VENV")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.venv")), PathBuf::from);
    let options = EmulatorOptions { program: venv.join("bin/ministack"), state: state.path().into() };
    let emulator = Emulator::start(options).await.expect("ministack starts; ./scripts/test installs it");
    let tables = [Table {
        name: "tidings-idempotency".into(),
        partition_key: "id".into(),
        sort_key: None,
        ttl_attribute: Some("expires_at".into()),
    }];
    let queues = [Queue { name: "email-dead-letters".into() }];
    let buckets = [Bucket { name: "statements".into() }];
    let topics = [NotificationTopic { name: "notices".to_owned() }];
    emulator.provision(&tables, &queues, &buckets, &topics).await.expect("resources are created");
    // Existing resources must not be an error.
    emulator.provision(&tables, &queues, &buckets, &topics).await.expect("resources are kept");
    emulator.verify_sender("bank@bank.example").await.expect("the sender is verified");
    emulator
}

/// A recorder, and a receiver for the callers that it kills.
async fn recorder(upstream: &str) -> (Recorder, mpsc::UnboundedReceiver<String>) {
    let (killed, kills) = mpsc::unbounded_channel();
    let kill = Arc::new(move |source: &str| killed.send(source.to_owned()).expect("the test listens"));
    let options = RecorderOptions { upstream: upstream.to_owned(), kill, journal: None };
    (Recorder::start(options).await.expect("a loopback port is free"), kills)
}

/// What the first instance of the function email gets for its clients.
async fn config(recorder: &Recorder) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(recorder.endpoint())
        .credentials_provider(Credentials::new("email.1", "local", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .load()
        .await
}

/// One call per service, each with its event's id; the error code where it fails.
struct Clients {
    ses: aws_sdk_sesv2::Client,
    sns: aws_sdk_sns::Client,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    queue_url: String,
}

type Outcome = Result<(), Option<String>>;

impl Clients {
    async fn new(recorder: &Recorder) -> Self {
        let config = config(recorder).await;
        Self {
            ses: aws_sdk_sesv2::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            s3: aws_sdk_s3::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            queue_url: format!("{}/000000000000/email-dead-letters", recorder.endpoint()),
        }
    }

    async fn send_email(&self) -> Outcome {
        let content = |text: &str| Content::builder().data(text).charset("UTF-8").build().expect("complete");
        let message = Message::builder()
            .subject(content("Transaction Successful - ₹5,000"))
            .body(Body::builder().text(content("Hello & welcome")).html(content("<p>Hello</p>")).build())
            .headers(MessageHeader::builder().name("X-Event-Id").value("EVT:1").build().expect("complete"))
            .build();
        self.ses
            .send_email()
            .from_email_address("bank@bank.example")
            .destination(Destination::builder().to_addresses("asha@mail.example").build())
            .content(EmailContent::builder().simple(message).build())
            .email_tags(MessageTag::builder().name("event_id").value("EVT_1").build().expect("complete"))
            .send()
            .await
            .map(drop)
            .map_err(|error| error.code().map(str::to_owned))
    }

    fn publish(&self) -> aws_sdk_sns::operation::publish::builders::PublishFluentBuilder {
        let text = |value: &str| {
            MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build()
                .expect("complete")
        };
        self.sns
            .publish()
            .message_attributes("event_id", text("EVT-2"))
            .message_attributes("AWS.SNS.SMS.SMSType", text("Transactional"))
    }

    async fn send_sms(&self) -> Outcome {
        let request = self.publish().phone_number("+919876543210").message("Rs.5000.00 + 1 & more");
        request.send().await.map(drop).map_err(|error| error.code().map(str::to_owned))
    }

    async fn put_object(&self) -> Outcome {
        self.s3
            .put_object()
            .bucket("statements")
            .key("statements/ACC 1/date=2026-01-01+x.pdf")
            .metadata("event-id", "EVT-3")
            .body(ByteStream::from_static(b"%PDF-1.7"))
            .send()
            .await
            .map(drop)
            .map_err(|error| error.code().map(str::to_owned))
    }

    async fn dead_letter(&self) -> Outcome {
        let request =
            self.sqs.send_message().queue_url(&self.queue_url).message_body(r#"{"eventId":"EVT-4"}"#);
        request.send().await.map(drop).map_err(|error| error.code().map(str::to_owned))
    }

    async fn claim(&self) -> Outcome {
        self.dynamodb
            .put_item()
            .table_name("tidings-idempotency")
            .item("id", AttributeValue::S("email#EVT-5".into()))
            .condition_expression("attribute_not_exists(id)")
            .send()
            .await
            .map(drop)
            .map_err(|error| error.code().map(str::to_owned))
    }

    /// All of them, in an order that the tests know.
    async fn call_all(&self) -> [Outcome; 5] {
        [
            self.send_email().await,
            self.send_sms().await,
            self.put_object().await,
            self.dead_letter().await,
            self.claim().await,
        ]
    }
}

const ALL: [(&str, &str, &str); 5] = [
    ("ses", "SendEmail", "EVT:1"),
    ("sns", "Publish", "EVT-2"),
    ("s3", "PutObject", "EVT-3"),
    ("sqs", "SendMessage", "EVT-4"),
    ("dynamodb", "PutItem", "EVT-5"),
];

fn names(calls: &[Arc<Call>]) -> Vec<(&str, &str, &str)> {
    calls
        .iter()
        .map(|call| (&*call.service, &*call.operation, call.event_id.as_deref().unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn every_call_of_the_sdk_is_decoded_and_reaches_the_emulator() {
    let state = tempfile::tempdir().unwrap();
    let emulator = emulator(&state).await;
    let (recorder, _kills) = recorder(emulator.endpoint()).await;
    let clients = Clients::new(&recorder).await;
    assert_eq!(clients.call_all().await, [const { Ok(()) }; 5]);

    let calls = recorder.calls();
    assert_eq!(names(&calls), ALL);
    for call in &calls {
        assert_eq!((call.source.as_str(), call.function.as_str()), ("email.1", "email"));
        assert!(call.is_success() && !call.killed && call.at <= call.answered, "{call:?}");
    }
    let CallDetails::SendEmail { to, subject, text, html, tags, headers } = &calls[0].details else {
        panic!("{:?}", calls[0])
    };
    assert_eq!((to[0].as_str(), subject.as_str()), ("asha@mail.example", "Transaction Successful - ₹5,000"));
    assert_eq!((text.as_deref(), html.as_deref()), (Some("Hello & welcome"), Some("<p>Hello</p>")));
    assert_eq!((tags["event_id"].as_str(), headers["X-Event-Id"].as_str()), ("EVT_1", "EVT:1"));
    let CallDetails::PublishSms { phone, message, attributes } = &calls[1].details else {
        panic!("{:?}", calls[1])
    };
    assert_eq!((phone.as_str(), message.as_str()), ("+919876543210", "Rs.5000.00 + 1 & more"));
    assert_eq!(attributes["AWS.SNS.SMS.SMSType"], "Transactional");
    let CallDetails::PutObject { bucket, key, metadata, body, .. } = &calls[2].details else {
        panic!("{:?}", calls[2])
    };
    assert_eq!((bucket.as_str(), key.as_str()), ("statements", "statements/ACC 1/date=2026-01-01+x.pdf"));
    assert_eq!((metadata["event-id"].as_str(), &body[..]), ("EVT-3", &b"%PDF-1.7"[..]));
    assert_eq!(calls[3].resource.as_deref(), Some(clients.queue_url.as_str()));
    let CallDetails::PutItem { table, item, condition, .. } = &calls[4].details else {
        panic!("{:?}", calls[4])
    };
    assert_eq!((table.as_str(), &item["id"]["S"]), ("tidings-idempotency", &json!("email#EVT-5")));
    assert_eq!(condition.as_deref(), Some("attribute_not_exists(id)"));

    // The recorded calls must match what the emulator received.
    let mails = emulator.sent_mails().await.unwrap();
    assert_eq!((mails.len(), mails[0].subject.as_str()), (1, "Transaction Successful - ₹5,000"));
    assert_eq!(emulator.sent_sms().await.unwrap()[0].message, "Rs.5000.00 + 1 & more");
    let keys = emulator.objects("statements", "statements/").await.unwrap();
    assert_eq!(keys, ["statements/ACC 1/date=2026-01-01+x.pdf"]);
    assert_eq!(emulator.object("statements", &keys[0]).await.unwrap(), "%PDF-1.7");
    assert_eq!(emulator.queue_messages("email-dead-letters").await.unwrap().len(), 1);
    assert_eq!(emulator.drain_queue("email-dead-letters").await.unwrap()[0].body, r#"{"eventId":"EVT-4"}"#);
    assert!(emulator.queue_messages("email-dead-letters").await.unwrap().is_empty());
    assert_eq!(emulator.items("tidings-idempotency").await.unwrap(), [json!({"id": {"S": "email#EVT-5"}})]);

    // The condition fails the second time: recorded, and no success.
    assert_eq!(clients.claim().await, Err(Some("ConditionalCheckFailedException".into())));
    let again = recorder.calls_since(5);
    assert_eq!((again.len(), again[0].status, again[0].reached), (1, 400, true));
    assert!(!again[0].is_success());
}

#[tokio::test]
async fn a_push_to_a_device_and_a_read_object_pass() {
    let state = tempfile::tempdir().unwrap();
    let emulator = emulator(&state).await;
    let (recorder, _kills) = recorder(emulator.endpoint()).await;
    let clients = Clients::new(&recorder).await;
    let arn = emulator.create_platform_endpoint("USER-1", "phone").await.unwrap();
    assert_eq!(emulator.create_platform_endpoint("USER-1", "phone").await.unwrap(), arn);
    clients.publish().target_arn(&arn).message("{}").message_structure("json").send().await.unwrap();
    let push = &recorder.calls()[0];
    assert!(push.is_success());
    assert!(
        matches!(&push.details, CallDetails::PublishPush { endpoint_arn, .. } if *endpoint_arn == arn),
        "{push:?}"
    );

    // 3 MiB: the SDK waits for "100 Continue" and streams with a trailer.
    let large = vec![b'x'; 3 << 20];
    let body = ByteStream::from(large.clone());
    clients.s3.put_object().bucket("statements").key("large").body(body).send().await.unwrap();
    let read = clients.s3.get_object().bucket("statements").key("large").send().await.unwrap();
    assert_eq!(read.body.collect().await.unwrap().into_bytes(), large);
    let head = clients.s3.head_object().bucket("statements").key("large").send().await.unwrap();
    assert_eq!(head.content_length(), Some(3 << 20));
    let calls = recorder.calls();
    assert!(
        matches!(&calls[1].details, CallDetails::PutObject { body, .. } if *body == large),
        "the recorded content is not the one that was put"
    );
    assert_eq!(
        calls[1..].iter().map(|call| call.operation.as_str()).collect::<Vec<_>>(),
        ["PutObject", "GetObject", "HeadObject"]
    );
}

#[tokio::test]
async fn each_sdk_reads_the_code_of_an_injected_error() {
    let (recorder, _kills) = recorder(NOWHERE).await;
    let clients = Clients::new(&recorder).await;
    for (status, code) in
        [(400, "ThrottlingException"), (429, "TooManyRequestsException"), (500, "InternalFailure")]
    {
        let fault = recorder
            .inject(Fault::new(Matcher::default(), Action::Respond { status, code: code.into() }).times(5));
        let before = recorder.calls().len();
        assert_eq!(clients.call_all().await, ALL.map(|_| Err(Some(code.to_owned()))));
        assert_eq!(recorder.happened(fault), 5);
        let calls = recorder.calls_since(before);
        assert_eq!(names(&calls), ALL);
        assert!(calls.iter().all(|call| call.status == status && !call.reached && !call.is_success()));
    }
}

#[tokio::test]
async fn a_swallowed_call_looks_like_a_success_and_never_happens() {
    let (recorder, _kills) = recorder(NOWHERE).await;
    let clients = Clients::new(&recorder).await;
    recorder.inject(Fault::new(Matcher::default(), Action::Swallow));
    assert_eq!(clients.call_all().await, [const { Ok(()) }; 5]);
    assert!(recorder.calls().is_empty());
}

#[tokio::test]
async fn an_effect_can_be_doubled_or_cut_off_by_a_kill_after_it() {
    let state = tempfile::tempdir().unwrap();
    let emulator = emulator(&state).await;
    let (recorder, mut kills) = recorder(emulator.endpoint()).await;
    let clients = Clients::new(&recorder).await;

    let email =
        Matcher { function: Some("email".into()), operation: Some("SendEmail".into()), ..Matcher::default() };
    recorder.inject(Fault::new(email, Action::Twice).times(1));
    assert_eq!(clients.send_email().await, Ok(()));
    assert_eq!(recorder.calls().iter().filter(|call| call.is_success()).count(), 2);
    assert_eq!(emulator.sent_mails().await.unwrap().len(), 2);

    let sms = Matcher { service: Some("sns".into()), event_id: Some("EVT-2".into()), ..Matcher::default() };
    recorder.inject(Fault::new(sms, Action::KillAfter).times(1));
    let sending = clients.send_sms();
    tokio::select! {
        outcome = sending => panic!("a killed caller got an answer: {outcome:?}"),
        source = kills.recv() => assert_eq!(source.as_deref(), Some("email.1")),
    }
    let call = recorder.calls().pop().unwrap();
    assert!(call.is_success() && call.killed, "{call:?}");
    assert_eq!(emulator.sent_sms().await.unwrap().len(), 1);
    assert_eq!(clients.send_sms().await, Ok(()));
}

#[tokio::test]
async fn kill_before_neither_forwards_nor_answers_nor_records_the_call() {
    let (recorder, mut kills) = recorder(NOWHERE).await;
    let clients = Clients::new(&recorder).await;
    let queue = Matcher { resource: Some("email-dead-letters".into()), ..Matcher::default() };
    recorder.inject(Fault::new(queue, Action::KillBefore));
    tokio::select! {
        outcome = clients.dead_letter() => panic!("a killed caller got an answer: {outcome:?}"),
        source = kills.recv() => assert_eq!(source.as_deref(), Some("email.1")),
    }
    assert!(recorder.calls().is_empty());
}

#[tokio::test]
async fn an_unreachable_emulator_is_a_recorded_502() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("calls.ndjson");
    let kill = Arc::new(|_: &str| panic!("nothing is to be killed"));
    let options = RecorderOptions { upstream: NOWHERE.into(), kill, journal: Some(journal.clone()) };
    let recorder = Recorder::start(options).await.unwrap();
    let clients = Clients::new(&recorder).await;
    assert_eq!(clients.send_email().await, Err(Some("EmulatorUnreachable".into())));
    let call = &recorder.calls()[0];
    assert_eq!((call.status, call.reached, call.is_success()), (502, false, false));
    let lines = std::fs::read_to_string(journal).unwrap();
    let line: serde_json::Value = serde_json::from_str(lines.trim_end()).unwrap();
    assert_eq!((&line["operation"], &line["status"]), (&json!("SendEmail"), &json!(502)));
    assert_eq!((&line["event_id"], &line["to"]), (&json!("EVT:1"), &json!(["a***@***.example"])));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_a_recorded_413() {
    let (recorder, _kills) = recorder(NOWHERE).await;
    let body = vec![0_u8; (16 << 20) + 1];
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.put(format!("{}/b/k", recorder.endpoint())).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 413);
    assert!(answer.text().await.unwrap().contains("16777216 bytes"));
    assert_eq!((recorder.calls()[0].status, recorder.calls()[0].reached), (413, false));
}

#[tokio::test]
async fn a_call_whose_caller_is_gone_is_recorded_too() {
    let arrived = Arc::new(Notify::new());
    let released = Arc::new(Notify::new());
    let handler = any({
        let (arrived, released) = (Arc::clone(&arrived), Arc::clone(&released));
        move || async move {
            arrived.notify_one();
            released.notified().await;
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().fallback(handler)).into_future());
    let (recorder, _kills) = recorder(&upstream).await;
    let clients = Clients::new(&recorder).await;
    tokio::select! {
        outcome = clients.send_sms() => panic!("the emulator still holds its answer: {outcome:?}"),
        () = arrived.notified() => {}
    }
    assert!(recorder.calls().is_empty());
    released.notify_one();
    recorder.wait_until(|calls| calls.len() == 1, LIMIT).await.unwrap();
    assert!(recorder.calls()[0].is_success());
    let never = recorder.wait_until(|calls| calls.len() == 2, Duration::from_millis(1)).await.unwrap_err();
    assert_eq!(never.recorded, 1);
}

#[tokio::test]
async fn two_emulators_share_nothing_and_end_when_stopped() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, second) = tokio::join!(emulator(&one), emulator(&two));
    let item = json!({"id": {"S": "email#EVT-1"}});
    first.put_item("tidings-idempotency", &item).await.unwrap();
    assert_eq!(first.items("tidings-idempotency").await.unwrap().len(), 1);
    assert!(second.items("tidings-idempotency").await.unwrap().is_empty());
    let again = Emulator::external(first.endpoint()).unwrap();
    assert_eq!(again.items("tidings-idempotency").await.unwrap().len(), 1);
    first.stop().await;
    let error = again.items("tidings-idempotency").await.unwrap_err().to_string();
    assert!(error.contains("did not respond"), "{error}");
    assert_eq!(second.objects("statements", "").await.unwrap(), Vec::<String>::new());
}
