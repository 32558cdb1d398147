//! A customer's registered devices.

use std::{collections::HashMap, future::Future};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use tidings_consumer::{HandlerError, SettingError, Settings};

/// The most devices of one customer that get a push. More devices indicate a fault in the registration, and their
/// pushes would take longer than an invocation.
pub const MAX_DEVICES: usize = 50;

/// A device that the customer registered with the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The app's id of the device.
    pub device_id: String,
    /// The ARN of the SNS platform endpoint.
    pub endpoint_arn: String,
}

/// Finds devices.
pub trait Devices: Send + Sync + 'static {
    /// The devices of a customer, at most [`MAX_DEVICES`].
    fn of(&self, user_id: &str) -> impl Future<Output = Result<Vec<Device>, HandlerError>> + Send;
}

/// The devices table: partition key `user_id`, sort key `device_id`, attribute `endpoint_arn`, all strings.
pub struct DevicesTable {
    client: Client,
    table: String,
}

impl DevicesTable {
    /// Reads `DEVICES_TABLE`.
    pub fn new(aws: &SdkConfig, settings: &Settings) -> Result<Self, SettingError> {
        Self::with_client(Client::new(aws), settings)
    }

    /// As [`new`](Self::new), but with an existing client.
    pub fn with_client(client: Client, settings: &Settings) -> Result<Self, SettingError> {
        Ok(Self { client, table: settings.require("DEVICES_TABLE")? })
    }
}

impl Devices for DevicesTable {
    async fn of(&self, user_id: &str) -> Result<Vec<Device>, HandlerError> {
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("user_id = :user_id")
            .expression_attribute_values(":user_id", AttributeValue::S(user_id.to_string()))
            .projection_expression("device_id, endpoint_arn")
            .into_paginator()
            .items()
            .send();
        let mut devices = Vec::new();
        while let Some(item) = items.next().await {
            if devices.len() == MAX_DEVICES {
                tracing::warn!(
                    devices.limit = MAX_DEVICES,
                    "a customer has more devices than the limit; the others get no push"
                );
                break;
            }
            if let Some(device) = device(&item?) {
                devices.push(device);
            } else {
                tracing::warn!("a device without device_id or endpoint_arn was skipped");
            }
        }
        Ok(devices)
    }
}

fn device(item: &HashMap<String, AttributeValue>) -> Option<Device> {
    let text = |name| item.get(name)?.as_s().ok().filter(|text| !text.is_empty()).cloned();
    Some(Device { device_id: text("device_id")?, endpoint_arn: text("endpoint_arn")? })
}
