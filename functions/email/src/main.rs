//! The Lambda function `email`.

use email::Email;
use tidings_channel_email::SesMailer;
use tidings_consumer::RunError;

#[tokio::main]
async fn main() -> Result<(), RunError> {
    tidings_consumer::run("email", |aws, settings| Email::new(SesMailer::new(aws, settings)?, settings)).await
}
