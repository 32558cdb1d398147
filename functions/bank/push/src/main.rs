//! The Lambda function `bank-push`.

use bank_push::Push;
use tidings_channel_push::{DevicesTable, SnsPusher};
use tidings_consumer::RunError;

#[tokio::main]
async fn main() -> Result<(), RunError> {
    tidings_consumer::run("bank-push", |aws, settings| {
        Push::new(DevicesTable::new(aws, settings)?, SnsPusher::new(aws), settings)
    })
    .await
}
