//! The store of ledger entries.

use std::future::Future;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{Client, operation::put_item::PutItemError};
use tidings_consumer::{HandlerError, SettingError, Settings};
use tidings_ledger_table::{ENTRY, Entry, to_item};

/// Stores ledger entries, each once under its key.
pub trait Book: Send + Sync + 'static {
    /// Books an entry. If the entry already exists, there is nothing to do.
    fn book(&self, entry: &Entry) -> impl Future<Output = Result<(), HandlerError>> + Send;
}

/// The ledger's table in DynamoDB.
pub struct DynamoBook {
    client: Client,
    table: String,
}

impl DynamoBook {
    /// Reads the table's name from `LEDGER_TABLE`.
    pub fn new(aws: &SdkConfig, settings: &Settings) -> Result<Self, SettingError> {
        Ok(Self::with_client(Client::new(aws), settings.require("LEDGER_TABLE")?))
    }

    /// Uses the table `table` through `client`.
    #[must_use]
    pub const fn with_client(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

impl Book for DynamoBook {
    async fn book(&self, entry: &Entry) -> Result<(), HandlerError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(entry)))
            .condition_expression("attribute_not_exists(#entry)")
            .expression_attribute_names("#entry", ENTRY);
        let Err(error) = put.send().await else { return Ok(()) };
        let is_there = PutItemError::is_conditional_check_failed_exception;
        if error.as_service_error().is_some_and(is_there) { Ok(()) } else { Err(error.into()) }
    }
}
