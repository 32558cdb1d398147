//! The statement function: writes an account's statement as a PDF and announces it.

use statement::{StatementWriter, announce::publisher, ledger::DynamoLedger, store::S3Store};
use tidings_consumer::{RunError, SettingError};
use tidings_texts::IanaTimeZone;

#[tokio::main]
async fn main() -> Result<(), RunError> {
    tidings_consumer::run("statement", |aws, settings| -> Result<_, SettingError> {
        Ok(StatementWriter {
            ledger: DynamoLedger::new(aws, settings)?,
            store: S3Store::new(aws, settings)?,
            announcer: publisher(settings)?,
            zone: settings.parse_or("TIME_ZONE", IanaTimeZone::UTC)?.0,
            bank_name: settings.get("BANK_NAME").unwrap_or("Tidings Bank").to_owned(),
        })
    })
    .await
}
