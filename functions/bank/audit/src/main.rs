//! The Lambda function `bank-audit`.

use bank_audit::{Audit, S3Archive};
use tidings_consumer::{RunError, SettingError};

#[tokio::main]
async fn main() -> Result<(), RunError> {
    tidings_consumer::run_batch("bank-audit", |aws, settings| {
        let archive = S3Archive::new(aws, settings.require("AUDIT_BUCKET")?);
        Ok::<_, SettingError>(Audit::new(archive))
    })
    .await
}
