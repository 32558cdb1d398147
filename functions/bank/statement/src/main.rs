//! The Lambda function `bank-statement`.

use bank_statement::{StatementWriter, announce::publisher, ledger::DynamoLedger, store::S3Store};
use tidings_consumer::{RunError, SettingError};
use tidings_texts::TextSettings;

#[tokio::main]
async fn main() -> Result<(), RunError> {
    tidings_consumer::run("bank-statement", |aws, settings| -> Result<_, SettingError> {
        let TextSettings { sender, zone } = TextSettings::new(settings)?;
        Ok(StatementWriter {
            ledger: DynamoLedger::new(aws, settings)?,
            store: S3Store::new(aws, settings)?,
            announcer: publisher(settings)?,
            zone,
            bank_name: sender.unwrap_or_else(|| "Tidings Bank".to_owned()),
        })
    })
    .await
}
