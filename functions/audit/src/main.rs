//! The Lambda function `audit`.

use audit::{Audit, S3Archive};
use tidings_consumer::{RunError, SettingError};

#[tokio::main]
async fn main() -> Result<(), RunError> {
    tidings_consumer::run_batch("audit", |aws, settings| {
        let archive = S3Archive::new(aws, settings.require("AUDIT_BUCKET")?);
        Ok::<_, SettingError>(Audit::new(archive))
    })
    .await
}
