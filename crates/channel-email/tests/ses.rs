//! The requests that reach SES.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_sdk_sesv2::{
    Client,
    operation::send_email::{SendEmailError, SendEmailOutput},
    types::error::{MessageRejected, TooManyRequestsException},
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use tidings_channel_email::{Mail, Mailer, SesMailer};
use tidings_consumer::Settings;

fn mail() -> Mail {
    Mail {
        event_id: "EVT:1@bank.example".parse().unwrap(),
        event_type: "bill.paid",
        to: "john@example.com".parse().unwrap(),
        subject: "Bill Payment Successful - ₹1,250".to_owned(),
        text: "Dear John".to_owned(),
        html: "<p>Dear John</p>".to_owned(),
    }
}

fn mailer(client: Client) -> SesMailer {
    let settings: Settings =
        [("EMAIL_FROM", "Example Bank <no-reply@bank.example>"), ("SES_CONFIGURATION_SET", "bank-events")]
            .into_iter()
            .collect();
    SesMailer::with_client(client, &settings).unwrap()
}

#[tokio::test]
async fn a_mail_carries_its_event_and_both_bodies() {
    let rule = mock!(Client::send_email)
        .match_requests(|request| {
            let message = request.content().unwrap().simple().unwrap();
            let body = message.body().unwrap();
            let tags: Vec<_> = request.email_tags().iter().map(|tag| (tag.name(), tag.value())).collect();
            let headers: Vec<_> =
                message.headers().iter().map(|header| (header.name(), header.value())).collect();
            assert_eq!(request.from_email_address(), Some("Example Bank <no-reply@bank.example>"));
            assert_eq!(request.destination().unwrap().to_addresses(), ["john@example.com"]);
            assert_eq!(request.configuration_set_name(), Some("bank-events"));
            assert_eq!(tags, [("event_id", "EVT_1_bank_example"), ("event_type", "bill_paid")]);
            assert_eq!(headers, [("X-Event-Id", "EVT:1@bank.example")]);
            let subject = message.subject().unwrap();
            assert_eq!(subject.data(), "Bill Payment Successful - ₹1,250");
            for content in [subject, body.text().unwrap(), body.html().unwrap()] {
                assert_eq!(content.charset(), Some("UTF-8"));
            }
            assert_eq!(body.text().unwrap().data(), "Dear John");
            assert_eq!(body.html().unwrap().data(), "<p>Dear John</p>");
            true
        })
        .then_output(|| SendEmailOutput::builder().message_id("1").build());
    let client = mock_client!(aws_sdk_sesv2, [&rule]);
    mailer(client).send(&mail()).await.unwrap();
    assert_eq!(rule.num_calls(), 1);
}

#[tokio::test]
async fn a_rejected_message_is_permanent_and_throttling_is_not() {
    let rejected = mock!(Client::send_email).then_error(|| {
        SendEmailError::MessageRejected(MessageRejected::builder().meta(code("MessageRejected")).build())
    });
    let throttled = mock!(Client::send_email).then_error(|| {
        let exception = TooManyRequestsException::builder().meta(code("TooManyRequestsException")).build();
        SendEmailError::TooManyRequestsException(exception)
    });
    let client = mock_client!(aws_sdk_sesv2, RuleMode::Sequential, [&rejected, &throttled]);
    let mailer = mailer(client);
    let error = mailer.send(&mail()).await.unwrap_err();
    assert!(!error.is_retryable(), "{error}");
    let error = mailer.send(&mail()).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
}

fn code(code: &str) -> aws_sdk_sesv2::error::ErrorMetadata {
    aws_sdk_sesv2::error::ErrorMetadata::builder().code(code).build()
}
