//! The requests that reach the devices table and SNS.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use aws_sdk_dynamodb::{operation::query::QueryOutput, types::AttributeValue};
use aws_sdk_sns::{
    error::ErrorMetadata,
    operation::publish::{PublishError, PublishOutput},
    types::error::{EndpointDisabledException, InvalidParameterException},
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use tidings_channel_push::{
    Delivery, Device, Devices, DevicesTable, MAX_DEVICES, Notification, Pusher, SnsPusher,
};
use tidings_consumer::Settings;

fn notification() -> Notification {
    Notification {
        event_id: "EVT-1".parse().unwrap(),
        event_type: "transaction.completed",
        title: "Transfer \"successful\"".to_owned(),
        body: "₹5,000.00 to Jane \\ <b>\"Smith\"</b> }".to_owned(),
    }
}

fn device() -> Device {
    Device {
        device_id: "phone".to_owned(),
        endpoint_arn: "arn:aws:sns:us-east-1:0:endpoint/GCM/app/1".to_owned(),
    }
}

#[tokio::test]
async fn a_push_carries_its_event_and_device_and_a_payload_per_platform() {
    let rule = mock!(aws_sdk_sns::Client::publish)
        .match_requests(|request| {
            assert_eq!(request.target_arn(), Some("arn:aws:sns:us-east-1:0:endpoint/GCM/app/1"));
            assert_eq!(request.message_structure(), Some("json"));
            let attributes = request.message_attributes().unwrap();
            assert_eq!(attributes["event_id"].string_value(), Some("EVT-1"));
            assert_eq!(attributes["device_id"].string_value(), Some("phone"));
            assert_payloads(request.message().unwrap());
            true
        })
        .then_output(|| PublishOutput::builder().message_id("1").build());
    let pusher = SnsPusher::with_client(mock_client!(aws_sdk_sns, [&rule]));
    assert_eq!(pusher.push(&device(), &notification()).await, Ok(Delivery::Accepted));
    assert_eq!(rule.num_calls(), 1);
}

fn assert_payloads(message: &str) {
    let Notification { title, body, .. } = notification();
    let message: serde_json::Value = serde_json::from_str(message).unwrap();
    assert_eq!(message["default"], format!("{title}: {body}"));
    let apns: serde_json::Value = serde_json::from_str(message["APNS"].as_str().unwrap()).unwrap();
    assert_eq!(apns["aps"]["alert"]["title"], title);
    assert_eq!(apns["aps"]["alert"]["body"], body);
    let fcm: serde_json::Value = serde_json::from_str(message["GCM"].as_str().unwrap()).unwrap();
    let fcm = &fcm["fcmV1Message"]["message"];
    assert_eq!(fcm["notification"]["title"], title);
    assert_eq!(fcm["notification"]["body"], body);
    assert_eq!(fcm["data"]["event_id"], "EVT-1");
}

#[tokio::test]
async fn a_disabled_endpoint_is_distinguished_from_a_refused_parameter() {
    let code = |code: &str| ErrorMetadata::builder().code(code).build();
    let disabled = mock!(aws_sdk_sns::Client::publish).then_error(move || {
        let exception = EndpointDisabledException::builder().meta(code("EndpointDisabled")).build();
        PublishError::EndpointDisabledException(exception)
    });
    let refused = mock!(aws_sdk_sns::Client::publish).then_error(move || {
        let exception = InvalidParameterException::builder().meta(code("InvalidParameter")).build();
        PublishError::InvalidParameterException(exception)
    });
    let pusher =
        SnsPusher::with_client(mock_client!(aws_sdk_sns, RuleMode::Sequential, [&disabled, &refused]));
    assert_eq!(pusher.push(&device(), &notification()).await, Ok(Delivery::EndpointDisabled));
    assert!(!pusher.push(&device(), &notification()).await.unwrap_err().is_retryable());
}

fn item(device_id: &str) -> HashMap<String, AttributeValue> {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    [("device_id".to_owned(), text(device_id)), ("endpoint_arn".to_owned(), text("arn:endpoint"))].into()
}

fn table(client: aws_sdk_dynamodb::Client) -> DevicesTable {
    let settings: Settings = [("DEVICES_TABLE", "devices")].into_iter().collect();
    DevicesTable::with_client(client, &settings).unwrap()
}

#[tokio::test]
async fn devices_are_read_page_by_page() {
    let first = mock!(aws_sdk_dynamodb::Client::query)
        .match_requests(|request| {
            let values = request.expression_attribute_values().unwrap();
            request.table_name() == Some("devices")
                && request.key_condition_expression() == Some("user_id = :user_id")
                && values[":user_id"] == AttributeValue::S("USR789012".to_owned())
                && request.exclusive_start_key().is_none()
        })
        .then_output(|| {
            let broken = [("device_id".to_owned(), AttributeValue::S("broken".to_owned()))].into();
            QueryOutput::builder()
                .set_items(Some(vec![item("phone"), broken]))
                .set_last_evaluated_key(Some(item("phone")))
                .build()
        });
    let second = mock!(aws_sdk_dynamodb::Client::query)
        .match_requests(|request| request.exclusive_start_key() == Some(&item("phone")))
        .then_output(|| QueryOutput::builder().items(item("tablet")).build());
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, [&first, &second]);
    let devices = table(client).of("USR789012").await.unwrap();
    let ids: Vec<_> = devices.iter().map(|device| device.device_id.as_str()).collect();
    assert_eq!(ids, ["phone", "tablet"]);
}

#[tokio::test]
async fn at_most_max_devices_are_read() {
    let pages = AtomicUsize::new(0);
    let endless = mock!(aws_sdk_dynamodb::Client::query).then_output(move || {
        let page = pages.fetch_add(1, Ordering::Relaxed);
        let items = (0..20).map(|number| item(&format!("device-{page}-{number}"))).collect();
        let next = item(&format!("device-{page}-19"));
        QueryOutput::builder().set_items(Some(items)).set_last_evaluated_key(Some(next)).build()
    });
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&endless]);
    assert_eq!(table(client).of("USR789012").await.unwrap().len(), MAX_DEVICES);
}
