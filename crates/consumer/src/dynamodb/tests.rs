use aws_sdk_dynamodb::operation::{
    put_item::PutItemOutput,
    update_item::{UpdateItemInput, UpdateItemOutput},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::{Response, StatusCode};
use aws_smithy_types::body::SdkBody;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

const OWNER: &str = "00000000-0000-4000-8000-000000000001";
const OTHER: &str = "00000000-0000-4000-8000-000000000002";

fn request() -> ClaimRequest {
    let now = Timestamp::from_second(1_000).unwrap();
    ClaimRequest {
        id: "email#EVT-1".to_owned(),
        owner: OWNER.parse::<Uuid>().unwrap(),
        content: [0xab; 32],
        now,
        lease_until: Timestamp::from_second(1_061).unwrap(),
    }
}

fn claims(rules: &[&Rule]) -> DynamoDbClaims {
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, rules);
    DynamoDbClaims { client, table: "tidings-idempotency".to_owned() }
}

/// DynamoDB's answer to a put whose condition fails, with the existing item.
fn item(changes: &Value) -> Value {
    let mut item = json!({
        "id": { "S": "email#EVT-1" }, "state": { "S": "claimed" }, "owner": { "S": OTHER },
        "lease_until": { "N": "1060000" }, "starts": { "N": "2" }, "content": { "S": "ab".repeat(32) },
        "expires_at": { "N": "2593000" },
    });
    item.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    item
}

fn refusal(code: &str, item: Option<&Value>) -> Response {
    let mut body =
        json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "+91 98765" });
    if let Some(item) = item {
        body["Item"] = item.clone();
    }
    Response::new(StatusCode::try_from(400).unwrap(), SdkBody::from(body.to_string()))
}

fn put_refused(item: Value) -> Rule {
    mock!(Client::put_item)
        .then_http_response(move || refusal("ConditionalCheckFailedException", Some(&item)))
}

fn update_accepted(matches: impl Fn(&UpdateItemInput) -> bool + Send + Sync + 'static) -> Rule {
    mock!(Client::update_item).match_requests(matches).then_output(|| UpdateItemOutput::builder().build())
}

fn update_refused() -> Rule {
    mock!(Client::update_item).then_http_response(|| refusal("ConditionalCheckFailedException", None))
}

fn values(update: &UpdateItemInput) -> HashMap<String, AttributeValue> {
    update.expression_attribute_values().cloned().unwrap_or_default()
}

#[tokio::test]
async fn an_absent_or_expired_id_is_claimed_with_a_lease() {
    let put = mock!(Client::put_item)
        .match_requests(|put| {
            let item = put.item().unwrap();
            put.table_name() == Some("tidings-idempotency")
                && item["id"] == string("email#EVT-1")
                && item["owner"] == string(OWNER)
                && item["lease_until"] == number(1_061_000)
                && item["starts"] == number(1)
                && item["content"] == string(&"ab".repeat(32))
                && item["expires_at"] == number(1_000 + 30 * 86_400)
                && put.condition_expression() == Some("attribute_not_exists(id) OR expires_at < :now")
                && put.expression_attribute_values().unwrap()[":now"] == number(1_000)
                && put.return_values_on_condition_check_failure()
                    == Some(&ReturnValuesOnConditionCheckFailure::AllOld)
        })
        .then_output(|| PutItemOutput::builder().build());
    let claimed = claims(&[&put]).claim(&request()).await.unwrap();
    assert_eq!(claimed, Claimed::Mine { unfinished_starts: 0 });
}

#[rstest]
#[case(json!({ "state": { "S": "done" } }), Claimed::Settled(Fact::Done))]
#[case(json!({ "state": { "S": "dead-lettered" } }), Claimed::Settled(Fact::DeadLettered))]
#[case(json!({ "content": { "S": "cd".repeat(32) } }), Claimed::OtherContent)]
#[case(json!({ "content": { "S": "cd" }, "state": { "S": "done" } }), Claimed::OtherContent)]
#[case(json!({}), Claimed::Held { until: Timestamp::from_second(1_060).unwrap() })]
#[case::first_answer_lost(json!({ "owner": { "S": OWNER } }), Claimed::Mine { unfinished_starts: 1 })]
#[tokio::test]
async fn an_existing_item_is_read(#[case] changes: Value, #[case] expected: Claimed) {
    let put = put_refused(item(&changes));
    assert_eq!(claims(&[&put]).claim(&request()).await.unwrap(), expected);
}

#[tokio::test]
async fn an_expired_claim_is_taken_over_if_its_owner_is_still_the_same() {
    let put = put_refused(item(&json!({ "lease_until": { "N": "1000000" } })));
    let take_over = update_accepted(|update| {
        let values = values(update);
        let condition = "#state = :claimed AND #owner = :lapsed_owner AND starts = :lapsed_starts";
        update.condition_expression() == Some(condition)
            && values[":lapsed_owner"] == string(OTHER)
            && values[":lapsed_starts"] == number(2)
            && values[":starts"] == number(3)
            && values[":owner"] == string(OWNER)
            && values[":lease"] == number(1_061_000)
    });
    let claimed = claims(&[&put, &take_over]).claim(&request()).await.unwrap();
    assert_eq!(claimed, Claimed::Mine { unfinished_starts: 2 });
    assert_eq!(take_over.num_calls(), 1);
}

#[tokio::test]
async fn the_loser_of_a_race_for_an_expired_claim_finds_it_held() {
    let put = put_refused(item(&json!({ "lease_until": { "N": "0" } })));
    let claimed = claims(&[&put, &update_refused()]).claim(&request()).await.unwrap();
    assert_eq!(claimed, Claimed::Held { until: request().now });
}

#[rstest]
#[case(json!({ "starts": { "S": "two" } }))]
#[case(json!({ "starts": { "N": "-1" } }))]
#[case(json!({ "owner": { "N": "1" } }))]
#[case(json!({ "lease_until": { "N": "1e99" } }))]
#[tokio::test]
async fn an_item_in_an_unknown_form_is_an_error(#[case] changes: Value) {
    let put = put_refused(item(&changes));
    let error = claims(&[&put]).claim(&request()).await.unwrap_err();
    assert!(error.to_string().contains("another form"), "{error}");
}

#[tokio::test]
async fn a_refused_put_without_the_existing_item_is_an_error() {
    let put = mock!(Client::put_item).then_http_response(|| refusal("ConditionalCheckFailedException", None));
    claims(&[&put]).claim(&request()).await.unwrap_err();
}

#[tokio::test]
async fn throttling_is_an_error_without_the_services_message() {
    let put = mock!(Client::put_item).then_http_response(|| refusal("ThrottlingException", None));
    let error = claims(&[&put]).claim(&request()).await.unwrap_err().to_string();
    assert!(error.contains("ThrottlingException") && !error.contains("98765"), "{error}");
}

#[rstest]
#[case(Fact::Done, "done")]
#[case(Fact::DeadLettered, "dead-lettered")]
#[tokio::test]
async fn only_the_owner_of_a_claim_stores_its_fact(#[case] fact: Fact, #[case] state: &'static str) {
    let settle = update_accepted(move |update| {
        let values = values(update);
        let condition = "#owner = :owner AND (#state = :claimed OR #state = :fact)";
        update.condition_expression() == Some(condition)
            && values[":owner"] == string(OWNER)
            && values[":fact"] == string(state)
            && values[":expires"] == number(1_000 + 30 * 86_400)
    });
    assert!(claims(&[&settle]).settle(&request(), fact).await.unwrap());
    assert!(!claims(&[&update_refused()]).settle(&request(), fact).await.unwrap());
}

#[tokio::test]
async fn a_released_claim_does_not_count_its_start() {
    let release = update_accepted(|update| {
        update.update_expression() == Some("SET lease_until = :past, starts = starts - :one")
            && update.condition_expression() == Some("#owner = :owner AND (#state = :claimed)")
    });
    claims(&[&release]).release(&request()).await.unwrap();
    assert_eq!(release.num_calls(), 1);
    claims(&[&update_refused()]).release(&request()).await.unwrap();
}
