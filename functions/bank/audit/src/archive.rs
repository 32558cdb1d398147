//! The store of audit objects.

use std::future::Future;

use aws_config::SdkConfig;
use aws_sdk_s3::{Client, primitives::ByteStream};
use tidings_consumer::HandlerError;

/// An object to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The object's key.
    pub key: String,
    /// The object's body: gzip over one JSON line per record.
    pub body: Vec<u8>,
    /// How many records it holds.
    pub records: usize,
}

/// Stores objects durably.
pub trait Archive: Send + Sync + 'static {
    /// Stores one object; `Ok` once it is durable.
    fn store(&self, object: Object) -> impl Future<Output = Result<(), HandlerError>> + Send;
}

/// An S3 bucket. Encryption and object lock are the bucket's own defaults.
pub struct S3Archive {
    client: Client,
    bucket: String,
}

impl S3Archive {
    /// The archive in `bucket`.
    #[must_use]
    pub fn new(aws: &SdkConfig, bucket: String) -> Self {
        Self { client: Client::new(aws), bucket }
    }
}

impl Archive for S3Archive {
    async fn store(&self, object: Object) -> Result<(), HandlerError> {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(object.key)
            .content_type("application/x-ndjson")
            .content_encoding("gzip")
            .metadata("records", object.records.to_string())
            .body(ByteStream::from(object.body))
            .send()
            .await?;
        Ok(())
    }
}
