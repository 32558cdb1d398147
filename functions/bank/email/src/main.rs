//! The Lambda function `bank-email`.

use bank_email::Email;
use tidings_channel_email::SesMailer;
use tidings_consumer::RunError;

#[tokio::main]
async fn main() -> Result<(), RunError> {
    tidings_consumer::run("bank-email", |aws, settings| Email::new(SesMailer::new(aws, settings)?, settings))
        .await
}
