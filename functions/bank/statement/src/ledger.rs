//! The ledger, the source of a statement's entries.

use std::future::Future;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use jiff::Timestamp;
use tidings_bank_events::AccountId;
use tidings_consumer::{HandlerError, SettingError, Settings};
use tidings_ledger_table::{Entry, from_item, period_query, sort};

/// The most entries in one statement, which limits the time and memory for drawing. A request with more entries becomes
/// a dead letter, because a statement without some entries would be wrong.
pub const MAX_ENTRIES: usize = 10_000;

/// An account's history.
pub trait Ledger: Send + Sync + 'static {
    /// The account's entries from `first` until before `end`, [sorted](sort); at most [`MAX_ENTRIES`].
    fn entries(
        &self,
        account: &AccountId,
        first: Timestamp,
        end: Timestamp,
    ) -> impl Future<Output = Result<Vec<Entry>, HandlerError>> + Send;
}

/// The ledger's table in DynamoDB.
pub struct DynamoLedger {
    client: Client,
    table: String,
}

impl DynamoLedger {
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

impl Ledger for DynamoLedger {
    async fn entries(
        &self,
        account: &AccountId,
        first: Timestamp,
        end: Timestamp,
    ) -> Result<Vec<Entry>, HandlerError> {
        let query = period_query(&self.client, &self.table, account, first, end);
        let mut pages = query.into_paginator().send();
        let mut entries = Vec::new();
        while let Some(page) = pages.next().await {
            for item in page?.items() {
                let entry = from_item(item)
                    .map_err(|error| HandlerError::permanent("LedgerItemUnreadable", error.to_string()))?;
                entries.push(entry);
            }
            if entries.len() > MAX_ENTRIES {
                let message =
                    format!("the period has more than {MAX_ENTRIES} entries; request shorter periods");
                return Err(HandlerError::permanent("TooManyEntries", message));
            }
        }
        sort(&mut entries);
        Ok(entries)
    }
}
