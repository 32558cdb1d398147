//! The statement function: writes an account's statement as a PDF and announces it.

use statement::{StatementWriter, announce::publisher, ledger::DynamoLedger, store::S3Store};
use tidings_consumer::{RunError, SettingError};
use tidings_texts::TextSettings;

#[tokio::main]
async fn main() -> Result<(), RunError> {
    tidings_consumer::run("statement", |aws, settings| -> Result<_, SettingError> {
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
