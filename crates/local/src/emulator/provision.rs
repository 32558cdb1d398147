//! Creates the templates' resources. They may exist already in an external emulator, which outlives a run.

use reqwest::Method;
use serde_json::{Value, json};
use tidings_template::{Bucket, NotificationTopic, Queue, Table};
use tidings_trigger::arn::ACCOUNT_ID;

use super::Emulator;
use super::client::{EmulatorError, send};

/// The platform application of all devices.
const APPLICATION: &str = "tidings";

impl Emulator {
    /// Creates the tables, queues, buckets and notification topics that do not exist yet.
    pub async fn provision(
        &self,
        tables: &[Table],
        queues: &[Queue],
        buckets: &[Bucket],
        topics: &[NotificationTopic],
    ) -> Result<(), EmulatorError> {
        for table in tables {
            self.create_table(table).await?;
        }
        for queue in queues {
            // Creating a queue again with the same attributes succeeds.
            self.json("sqs", "AmazonSQS.CreateQueue", &json!({"QueueName": queue.name})).await?;
        }
        for bucket in buckets {
            let request = self.request(Method::PUT, "s3", &format!("/{}", bucket.name));
            exists("BucketAlreadyOwnedByYou", send("CreateBucket", request).await.map(drop))?;
        }
        for topic in topics {
            // Creating a topic again returns the existing one.
            self.sns("CreateTopic", &[("Name", &topic.name)], "TopicArn").await?;
        }
        Ok(())
    }

    /// The URL of a queue by its name.
    #[must_use]
    pub fn queue_url(&self, name: &str) -> String {
        format!("{}/{ACCOUNT_ID}/{name}", self.endpoint)
    }

    async fn create_table(&self, table: &Table) -> Result<(), EmulatorError> {
        let keys = || {
            let sort = table.sort_key.iter().map(|name| (name, "RANGE"));
            std::iter::once((&table.partition_key, "HASH")).chain(sort)
        };
        let attribute = |(name, _)| json!({"AttributeName": name, "AttributeType": "S"});
        let key = |(name, kind)| json!({"AttributeName": name, "KeyType": kind});
        let input = json!({
            "TableName": table.name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": keys().map(attribute).collect::<Vec<Value>>(),
            "KeySchema": keys().map(key).collect::<Vec<Value>>(),
        });
        let created = self.json("dynamodb", "DynamoDB_20120810.CreateTable", &input).await.map(drop);
        exists("ResourceInUseException", created)?;
        let Some(attribute) = &table.ttl_attribute else { return Ok(()) };
        let input = json!({
            "TableName": table.name,
            "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": true},
        });
        // Enabling it again is a ValidationException.
        let enabled = self.json("dynamodb", "DynamoDB_20120810.UpdateTimeToLive", &input).await.map(drop);
        exists("ValidationException", enabled)
    }

    /// Creates this address as an identity in SES, so that SES sends from it.
    pub async fn verify_sender(&self, address: &str) -> Result<(), EmulatorError> {
        let request = self
            .request(Method::POST, "ses", "/v2/email/identities")
            .header("content-type", "application/json")
            .body(json!({"EmailIdentity": address}).to_string());
        exists("AlreadyExistsException", send("CreateEmailIdentity", request).await.map(drop))
    }

    /// Registers a user's device for mobile push and returns its endpoint's ARN. Registering it again returns the same
    /// ARN.
    pub async fn create_platform_endpoint(&self, user: &str, device: &str) -> Result<String, EmulatorError> {
        let application = [
            ("Name", APPLICATION),
            ("Platform", "GCM"),
            ("Attributes.entry.1.key", "PlatformCredential"),
            ("Attributes.entry.1.value", "local"),
        ];
        // Creating an application again returns the existing one.
        let arn = self.sns("CreatePlatformApplication", &application, "PlatformApplicationArn").await?;
        let token = format!("{user}/{device}");
        let endpoint = [("PlatformApplicationArn", arn.as_str()), ("Token", token.as_str())];
        self.sns("CreatePlatformEndpoint", &endpoint, "EndpointArn").await
    }

    /// Puts an item, given as `DynamoDB` JSON. Replaces an existing one.
    pub async fn put_item(&self, table: &str, item: &Value) -> Result<(), EmulatorError> {
        let input = json!({"TableName": table, "Item": item});
        self.json("dynamodb", "DynamoDB_20120810.PutItem", &input).await.map(drop)
    }
}

/// Treats an error with this code as success, because the resource exists already.
fn exists(accepted: &str, outcome: Result<(), EmulatorError>) -> Result<(), EmulatorError> {
    match outcome {
        Err(EmulatorError::Refused { code, .. }) if code == accepted => Ok(()),
        outcome => outcome,
    }
}
