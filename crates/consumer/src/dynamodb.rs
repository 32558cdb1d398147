//! The idempotency store in a DynamoDB table: partition key `id`, TTL attribute `expires_at`.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use futures::{FutureExt as _, future::BoxFuture};
use jiff::Timestamp;

use crate::{
    claims::{ClaimRequest, Claimed, Claims, FACT_LIFETIME, Fact, StoreError},
    error::HandlerError,
};

const CLAIMED: &str = "claimed";
const DONE: &str = "done";
const DEAD_LETTERED: &str = "dead-lettered";

/// Claims in a DynamoDB table.
pub struct DynamoDbClaims {
    client: Client,
    table: String,
}

/// An item's state.
struct Item {
    state: String,
    owner: String,
    lease_until: i64,
    starts: u32,
    content: String,
}

impl DynamoDbClaims {
    /// Claims in `table`.
    #[must_use]
    pub fn new(aws: &SdkConfig, table: String) -> Self {
        Self { client: Client::new(aws), table }
    }

    /// Claims an absent or expired id. Returns the existing item if there is one.
    async fn insert(&self, request: &ClaimRequest) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("id", string(&request.id))
            .item("state", string(CLAIMED))
            .item("owner", string(&request.owner.to_string()))
            .item("lease_until", number(request.lease_until.as_millisecond()))
            .item("starts", number(1))
            .item("content", string(&hex::encode(request.content)))
            .item("expires_at", number(expires_at(request.now)))
            // DynamoDB may delete expired items days later, so an expired item counts as absent.
            .condition_expression("attribute_not_exists(id) OR expires_at < :now")
            .expression_attribute_values(":now", number(request.now.as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(None),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                    let item = refused.item().and_then(read_item);
                    item.map(Some).ok_or_else(|| StoreError("an item has another form than expected".into()))
                }
                _ => Err(unavailable(error)),
            },
        }
    }

    /// Takes over a claim whose lease has ended; `false` if another invocation was faster.
    async fn take_over(&self, request: &ClaimRequest, lapsed: &Item) -> Result<bool, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", string(&request.id))
            .update_expression(
                "SET #owner = :owner, lease_until = :lease, starts = :starts, expires_at = :expires",
            )
            .condition_expression("#state = :claimed AND #owner = :lapsed_owner AND starts = :lapsed_starts")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":claimed", string(CLAIMED))
            .expression_attribute_values(":owner", string(&request.owner.to_string()))
            .expression_attribute_values(":lapsed_owner", string(&lapsed.owner))
            .expression_attribute_values(":lease", number(request.lease_until.as_millisecond()))
            .expression_attribute_values(":starts", number(i64::from(lapsed.starts) + 1))
            .expression_attribute_values(":lapsed_starts", number(i64::from(lapsed.starts)))
            .expression_attribute_values(":expires", number(expires_at(request.now)))
            .send()
            .await;
        unless_condition_failed(answer)
    }

    /// Updates an item if `request.owner` holds it and its state meets the condition; `false` if not.
    async fn update_own(
        &self,
        request: &ClaimRequest,
        state: &str,
        update: &str,
        values: Vec<(&str, AttributeValue)>,
    ) -> Result<bool, StoreError> {
        let mut builder = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", string(&request.id))
            .update_expression(update)
            .condition_expression(format!("#owner = :owner AND ({state})"))
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":owner", string(&request.owner.to_string()))
            .expression_attribute_values(":claimed", string(CLAIMED));
        for (name, value) in values {
            builder = builder.expression_attribute_values(name, value);
        }
        unless_condition_failed(builder.send().await)
    }
}

impl Claims for DynamoDbClaims {
    fn claim<'a>(&'a self, request: &'a ClaimRequest) -> BoxFuture<'a, Result<Claimed, StoreError>> {
        async move {
            let Some(item) = self.insert(request).await? else {
                return Ok(Claimed::Mine { unfinished_starts: 0 });
            };
            if item.content != hex::encode(request.content) {
                return Ok(Claimed::OtherContent);
            }
            let until = Timestamp::from_millisecond(item.lease_until).unwrap_or(request.now);
            match item.state.as_str() {
                DONE => Ok(Claimed::Settled(Fact::Done)),
                DEAD_LETTERED => Ok(Claimed::Settled(Fact::DeadLettered)),
                // The same request was carried out before, but its answer was lost.
                _ if until > request.now && item.owner == request.owner.to_string() => {
                    Ok(Claimed::Mine { unfinished_starts: item.starts.saturating_sub(1) })
                }
                _ if until > request.now => Ok(Claimed::Held { until }),
                _ if self.take_over(request, &item).await? => {
                    Ok(Claimed::Mine { unfinished_starts: item.starts })
                }
                _ => Ok(Claimed::Held { until: request.now }),
            }
        }
        .boxed()
    }

    fn settle<'a>(
        &'a self,
        request: &'a ClaimRequest,
        fact: Fact,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let state = match fact {
            Fact::Done => DONE,
            Fact::DeadLettered => DEAD_LETTERED,
        };
        let values = vec![(":fact", string(state)), (":expires", number(expires_at(request.now)))];
        let claimed_or_answer_lost = "#state = :claimed OR #state = :fact";
        self.update_own(request, claimed_or_answer_lost, "SET #state = :fact, expires_at = :expires", values)
            .boxed()
    }

    fn release<'a>(&'a self, request: &'a ClaimRequest) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            let values = vec![(":one", number(1)), (":past", number(0))];
            // If this invocation no longer holds the claim, there is nothing to release.
            let update = "SET lease_until = :past, starts = starts - :one";
            self.update_own(request, "#state = :claimed", update, values).await.map(|_| ())
        }
        .boxed()
    }
}

fn unless_condition_failed<T, R>(
    answer: Result<T, aws_sdk_dynamodb::error::SdkError<UpdateItemError, R>>,
) -> Result<bool, StoreError> {
    match answer {
        Ok(_) => Ok(true),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(unavailable(error)),
        },
    }
}

fn unavailable(error: impl Into<HandlerError>) -> StoreError {
    StoreError(error.into().to_string())
}

fn expires_at(now: Timestamp) -> i64 {
    now.as_second().saturating_add(FACT_LIFETIME.as_secs().cast_signed())
}

fn read_item(item: &HashMap<String, AttributeValue>) -> Option<Item> {
    let text = |name: &str| item.get(name)?.as_s().ok().cloned();
    let integer = |name: &str| item.get(name)?.as_n().ok();
    Some(Item {
        state: text("state")?,
        owner: text("owner")?,
        lease_until: integer("lease_until")?.parse().ok()?,
        starts: integer("starts")?.parse().ok()?,
        content: text("content")?,
    })
}

fn string(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

#[cfg(test)]
mod tests;
