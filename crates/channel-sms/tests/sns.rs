//! The requests that reach SNS.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use aws_sdk_sns::{
    Client,
    error::ErrorMetadata,
    operation::publish::{PublishError, PublishInput, PublishOutput},
    types::error::InvalidParameterException,
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use rstest::rstest;
use tidings_channel_sms::{SnsTextSender, TextMessage, TextSender};
use tidings_consumer::Settings;
use tidings_texts::Language;

const DLT: [(&str, &str); 3] = [
    ("SMS_SENDER_ID", "EXBANK"),
    ("SMS_DLT_ENTITY_ID", "1101234567890123456"),
    (
        "SMS_DLT_TEMPLATE_IDS",
        r#"{"bill.paid": "1107000000000000001", "bill.paid/hi": "1107000000000000002"}"#,
    ),
];

fn message(to: &str, language: Language) -> TextMessage {
    TextMessage {
        event_id: "EVT-1".parse().unwrap(),
        event_type: "bill.paid",
        language,
        to: to.parse().unwrap(),
        text: "Paid.".to_owned(),
    }
}

fn attributes(request: &PublishInput) -> BTreeMap<&str, &str> {
    let attributes = request.message_attributes().unwrap();
    assert!(attributes.values().all(|value| value.data_type() == "String"));
    attributes.iter().map(|(name, value)| (name.as_str(), value.string_value().unwrap())).collect()
}

/// Sends one message and checks that the request has exactly these attributes.
async fn assert_attributes(settings: Settings, message: TextMessage, expected: &'static [(&str, &str)]) {
    let to = message.to.as_str().to_owned();
    let rule = mock!(Client::publish)
        .match_requests(move |request| {
            assert_eq!(request.phone_number(), Some(to.as_str()));
            assert_eq!(request.message(), Some("Paid."));
            assert_eq!(attributes(request), expected.iter().copied().collect());
            true
        })
        .then_output(|| PublishOutput::builder().message_id("1").build());
    let client = mock_client!(aws_sdk_sns, [&rule]);
    SnsTextSender::with_client(client, &settings).unwrap().send(&message).await.unwrap();
    assert_eq!(rule.num_calls(), 1);
}

#[tokio::test]
async fn a_text_is_transactional_and_carries_its_event() {
    let expected = &[("AWS.SNS.SMS.SMSType", "Transactional"), ("event_id", "EVT-1")];
    assert_attributes(Settings::default(), message("+919876543210", Language::English), expected).await;
}

#[rstest]
#[case(Language::English, &[
    ("AWS.SNS.SMS.SMSType", "Transactional"),
    ("AWS.SNS.SMS.SenderID", "EXBANK"),
    ("AWS.MM.SMS.EntityId", "1101234567890123456"),
    ("AWS.MM.SMS.TemplateId", "1107000000000000001"),
    ("event_id", "EVT-1"),
])]
#[case(Language::Hindi, &[
    ("AWS.SNS.SMS.SMSType", "Transactional"),
    ("AWS.SNS.SMS.SenderID", "EXBANK"),
    ("AWS.MM.SMS.EntityId", "1101234567890123456"),
    ("AWS.MM.SMS.TemplateId", "1107000000000000002"),
    ("event_id", "EVT-1"),
])]
#[tokio::test]
async fn india_gets_its_registered_ids(
    #[case] language: Language,
    #[case] expected: &'static [(&'static str, &'static str)],
) {
    assert_attributes(DLT.into_iter().collect(), message("+919876543210", language), expected).await;
}

#[tokio::test]
async fn other_countries_get_no_indian_ids() {
    let expected = &[
        ("AWS.SNS.SMS.SMSType", "Transactional"),
        ("AWS.SNS.SMS.SenderID", "EXBANK"),
        ("event_id", "EVT-1"),
    ];
    assert_attributes(DLT.into_iter().collect(), message("+12025550143", Language::English), expected).await;
}

#[tokio::test]
async fn a_refused_parameter_is_permanent_and_throttling_is_not() {
    let code = |code: &str| ErrorMetadata::builder().code(code).build();
    let refused = mock!(Client::publish).then_error(move || {
        let exception = InvalidParameterException::builder().meta(code("InvalidParameter")).build();
        PublishError::InvalidParameterException(exception)
    });
    let throttled = mock!(Client::publish).then_error(move || PublishError::generic(code("Throttling")));
    let client = mock_client!(aws_sdk_sns, RuleMode::Sequential, [&refused, &throttled]);
    let sender = SnsTextSender::with_client(client, &Settings::default()).unwrap();
    let message = message("+919876543210", Language::English);
    assert!(!sender.send(&message).await.unwrap_err().is_retryable());
    assert!(sender.send(&message).await.unwrap_err().is_retryable());
}

#[test]
fn template_ids_must_be_a_json_object() {
    let client = mock_client!(aws_sdk_sns, []);
    let settings = [("SMS_DLT_TEMPLATE_IDS", "1107")].into_iter().collect();
    let error = SnsTextSender::with_client(client, &settings).err().unwrap();
    assert!(error.to_string().contains("SMS_DLT_TEMPLATE_IDS"), "{error}");
}
