//! `DynamoDB`: JSON 1.0.

use axum::body::Bytes;
use serde_json::Value;

use super::{CallDetails, Decoded, text};

pub(super) fn decode(operation: String, body: &Bytes) -> Decoded {
    let Ok(mut input) = serde_json::from_slice::<Value>(body) else {
        return Decoded::other(operation, None);
    };
    let Some(table) = text(&input, "/TableName") else {
        return Decoded::other(operation, None);
    };
    let resource = Some(table.clone());
    let event_id = event_id(&input);
    let condition = text(&input, "/ConditionExpression");
    let mut take = |field: &str| input.get_mut(field).map_or(Value::Null, Value::take);
    let details = match operation.as_str() {
        "PutItem" => CallDetails::PutItem {
            table,
            item: take("Item"),
            condition,
            values: take("ExpressionAttributeValues"),
        },
        "UpdateItem" => CallDetails::UpdateItem {
            table,
            key: take("Key"),
            update: take("UpdateExpression").as_str().map(str::to_owned),
            condition,
            values: take("ExpressionAttributeValues"),
        },
        "GetItem" => CallDetails::GetItem { table, key: take("Key") },
        "DeleteItem" => CallDetails::DeleteItem { table, key: take("Key"), condition },
        _ => CallDetails::Other,
    };
    Decoded { operation, event_id, resource, details }
}

/// The item's `event_id`, or the event id in the idempotency table's key `{function}#{event id}[#{effect}]`.
fn event_id(input: &Value) -> Option<String> {
    text(input, "/Item/event_id/S").or_else(|| {
        let id = text(input, "/Item/id/S").or_else(|| text(input, "/Key/id/S"))?;
        id.split('#').nth(1).map(str::to_owned)
    })
}
