//! The Lambda function `push`.

use push::Push;
use tidings_channel_push::{DevicesTable, SnsPusher};
use tidings_consumer::RunError;

#[tokio::main]
async fn main() -> Result<(), RunError> {
    tidings_consumer::run("push", |aws, settings| {
        Push::new(DevicesTable::new(aws, settings)?, SnsPusher::new(aws), settings)
    })
    .await
}
