//! Tests of the whole function, from Lambda's payload to the pushes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod devices;
mod texts;

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use bank_push::Push;
use tidings_channel_push::{Delivery, Device, Devices, Notification, Pusher};
use tidings_consumer::{
    HandlerError, Settings,
    testing::{Harness, Summary},
};

/// The devices of every customer, given by their ids.
pub struct Registered(&'static [&'static str]);

impl Devices for Registered {
    async fn of(&self, _: &str) -> Result<Vec<Device>, HandlerError> {
        let device =
            |id: &&str| Device { device_id: (*id).to_owned(), endpoint_arn: format!("arn:endpoint/{id}") };
        Ok(self.0.iter().map(device).collect())
    }
}

/// Keeps the pushes of each device. Accepts them unless a test sets another result.
#[derive(Clone, Default)]
pub struct Outbox {
    sent: Arc<Mutex<Vec<(String, Notification)>>>,
    answers: Arc<Mutex<BTreeMap<String, Result<Delivery, HandlerError>>>>,
}

impl Outbox {
    fn answering(device: &str, answer: Result<Delivery, HandlerError>) -> Self {
        let outbox = Self::default();
        outbox.answers.lock().unwrap().insert(device.to_owned(), answer);
        outbox
    }

    /// The ids of the devices that got a push, in order.
    fn devices(&self) -> Vec<String> {
        self.sent.lock().unwrap().iter().map(|(device, _)| device.clone()).collect()
    }
}

impl Pusher for Outbox {
    async fn push(&self, device: &Device, notification: &Notification) -> Result<Delivery, HandlerError> {
        self.sent.lock().unwrap().push((device.device_id.clone(), notification.clone()));
        self.answers.lock().unwrap().get(&device.device_id).cloned().unwrap_or(Ok(Delivery::Accepted))
    }
}

/// A handler for customers with these devices.
fn push(devices: &'static [&'static str], outbox: &Outbox) -> Push<Registered, Outbox> {
    Push::new(Registered(devices), outbox.clone(), &Settings::default()).unwrap()
}

/// Invokes a new function with one record.
async fn invoke(devices: &'static [&'static str], outbox: &Outbox, fixture: &str) -> Summary {
    Harness::new("bank-push", push(devices, outbox)).invoke(&payload(fixture)).await.unwrap()
}

/// A Lambda payload with one record, from `events/bank/fixtures/kafka`.
fn payload(fixture: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../events/bank/fixtures/kafka");
    fs::read(folder.join(format!("{fixture}.json"))).unwrap()
}
