//! The Lambda function `bank-sms`.

use bank_sms::Sms;
use tidings_channel_sms::SnsTextSender;
use tidings_consumer::RunError;

#[tokio::main]
async fn main() -> Result<(), RunError> {
    tidings_consumer::run("bank-sms", |aws, settings| Sms::new(SnsTextSender::new(aws, settings)?, settings))
        .await
}
