//! The ledger function: keeps the queryable account history that statements read.

use ledger::{Ledger, book::DynamoBook};
use tidings_consumer::{RunError, SettingError};

#[tokio::main]
async fn main() -> Result<(), RunError> {
    tidings_consumer::run("ledger", |aws, settings| -> Result<_, SettingError> {
        Ok(Ledger::new(DynamoBook::new(aws, settings)?))
    })
    .await
}
