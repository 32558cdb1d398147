//! The store of finished statements.

use std::future::Future;

use aws_config::SdkConfig;
use aws_sdk_s3::{Client, primitives::ByteStream};
use tidings_consumer::{HandlerError, SettingError, Settings};
use tidings_events::EventId;

/// Stores finished statements.
pub trait Store: Send + Sync + 'static {
    /// The S3 bucket that contains them.
    fn bucket(&self) -> &str;

    /// Stores a PDF under a key and replaces an earlier one.
    fn put(
        &self,
        key: &str,
        pdf: Vec<u8>,
        event_id: &EventId,
    ) -> impl Future<Output = Result<(), HandlerError>> + Send;
}

/// A bucket in S3. Encryption at rest is the bucket's default.
pub struct S3Store {
    client: Client,
    bucket: String,
}

impl S3Store {
    /// Reads the bucket's name from `STATEMENTS_BUCKET`.
    pub fn new(aws: &SdkConfig, settings: &Settings) -> Result<Self, SettingError> {
        Ok(Self::with_client(Client::new(aws), settings.require("STATEMENTS_BUCKET")?))
    }

    /// Uses the bucket `bucket` through `client`.
    #[must_use]
    pub const fn with_client(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }
}

impl Store for S3Store {
    fn bucket(&self) -> &str {
        &self.bucket
    }

    async fn put(&self, key: &str, pdf: Vec<u8>, event_id: &EventId) -> Result<(), HandlerError> {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type("application/pdf")
            .metadata("event-id", event_id.as_str())
            .body(ByteStream::from(pdf))
            .send()
            .await?;
        Ok(())
    }
}
