//! The Lambda function `bank-ledger`.

use bank_ledger::{Ledger, book::DynamoBook};
use tidings_consumer::{RunError, SettingError};

#[tokio::main]
async fn main() -> Result<(), RunError> {
    tidings_consumer::run("bank-ledger", |aws, settings| -> Result<_, SettingError> {
        Ok(Ledger::new(DynamoBook::new(aws, settings)?))
    })
    .await
}
