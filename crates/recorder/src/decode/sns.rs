//! SNS: the query protocol, a form with an `Action` field.

use std::collections::BTreeMap;

use axum::body::Bytes;

use super::{CallDetails, Decoded};

/// Reads the form; `None` if it has no action.
pub(super) fn decode(body: &Bytes) -> Option<Decoded> {
    let mut form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    let operation = form.remove("Action")?;
    if operation != "Publish" {
        return Some(Decoded::other(operation, None));
    }
    let attributes = attributes(&form);
    let event_id = attributes.get("event_id").cloned();
    let message = form.remove("Message").unwrap_or_default();
    let target = form.remove("TargetArn").or_else(|| form.remove("TopicArn"));
    let (resource, details) = match (form.remove("PhoneNumber"), target) {
        (Some(phone), None) => (None, CallDetails::PublishSms { phone, message, attributes }),
        (_, Some(endpoint_arn)) => {
            (Some(endpoint_arn.clone()), CallDetails::PublishPush { endpoint_arn, message, attributes })
        }
        (None, None) => (None, CallDetails::Other),
    };
    Some(Decoded { operation, event_id, resource, details })
}

/// `MessageAttributes.entry.{n}.Name` and `.Value.StringValue`, numbered from 1.
fn attributes(form: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    (1..)
        .map_while(|n| {
            let name = form.get(&format!("MessageAttributes.entry.{n}.Name"))?;
            let value = form.get(&format!("MessageAttributes.entry.{n}.Value.StringValue"));
            Some((name.clone(), value.cloned().unwrap_or_default()))
        })
        .collect()
}
