//! SES v2: REST with JSON bodies.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::Method;
use axum::http::request::Parts;
use serde_json::Value;

use super::{CallDetails, Decoded, text};

/// Reads `SendEmail`; `None` for SES's other operations.
pub(super) fn decode(parts: &Parts, body: &Bytes) -> Option<Decoded> {
    if parts.method != Method::POST || parts.uri.path() != "/v2/email/outbound-emails" {
        return None;
    }
    let operation = "SendEmail".to_owned();
    let input: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(subject) = text(&input, "/Content/Simple/Subject/Data") else {
        return Some(Decoded::other(operation, None));
    };
    let tags = pairs(&input, "/EmailTags");
    let headers = pairs(&input, "/Content/Simple/Headers");
    let event_id = headers.get("X-Event-Id").or_else(|| tags.get("event_id")).cloned();
    let to = input
        .pointer("/Destination/ToAddresses")
        .and_then(Value::as_array)
        .map(|addresses| addresses.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .unwrap_or_default();
    let details = CallDetails::SendEmail {
        to,
        subject,
        text: text(&input, "/Content/Simple/Body/Text/Data"),
        html: text(&input, "/Content/Simple/Body/Html/Data"),
        tags,
        headers,
    };
    Some(Decoded { operation, event_id, resource: None, details })
}

/// A list of `{"Name": ..., "Value": ...}`.
fn pairs(input: &Value, pointer: &str) -> BTreeMap<String, String> {
    input
        .pointer(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|pair| Some((text(pair, "/Name")?, text(pair, "/Value")?)))
        .collect()
}
